package load

import (
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// markLosses notes which schemas have a value that oapi-codegen's types do not keep, or refer to
// one that has.
func (t *twins) markLosses() {
	byKey := map[string]map[string]*component{} // by document
	for _, c := range t.all {
		if byKey[c.document] == nil {
			byKey[c.document] = map[string]*component{}
		}
		byKey[c.document][c.key] = c
	}
	users := map[*component][]*component{}
	var lossy []*component
	for _, c := range t.all {
		for _, ref := range c.findLoss(c.node, false, nil) {
			if used := byKey[c.document][strings.TrimPrefix(ref, "#/components/schemas/")]; used != nil {
				users[used] = append(users[used], c)
			}
		}
		if c.loss.Kind != schema.NoLoss {
			lossy = append(lossy, c)
		}
	}
	for len(lossy) > 0 {
		c := lossy[0]
		lossy = lossy[1:]
		for _, user := range users[c] {
			if user.loss.Kind == schema.NoLoss {
				user.loss = c.loss
				lossy = append(lossy, user)
			}
		}
	}
}

// findLoss looks for such a value inside a node, and collects the references in it. A variant of a
// union is kept as it came, whatever it is.
func (c *component) findLoss(n *text.Node, isVariant bool, refs []string) []string {
	if ref := n.GetString("$ref"); ref != "" {
		refs = append(refs, ref)
	}
	if c.loss.Kind == schema.NoLoss && !isVariant {
		if kind := lossOf(n, n == c.node); kind != schema.NoLoss {
			c.loss = schema.Loss{Kind: kind, Pos: n.Pos}
		}
	}
	for _, m := range n.MembersOf() {
		refs = c.findLoss(m.Value, isVariants(m), refs)
	}
	for _, item := range n.ItemsOf() {
		refs = c.findLoss(item, isVariant, refs)
	}
	return refs
}

// lossOf tells what the type of one schema loses. A union without a name that may be null is what
// Pydantic writes of `Cat | Dog | None` with a discriminator:
//
//	{"anyOf": [{"oneOf": [{"$ref": "#/components/schemas/Cat"}, …], "discriminator": …}, {"type": "null"}]}
//
// The type for it keeps nothing; that of a number is float32, that of bytes takes them for base64.
func lossOf(n *text.Node, named bool) schema.LossKind {
	switch {
	case !named && isUnnamedUnionOrNull(n):
		return schema.LostUnion
	case n.GetString("type") == "number" && n.GetString("format") != "double":
		return schema.RoundedNumber
	case n.GetString("type") == "string" && (n.GetString("format") == "binary" || n.GetString("contentMediaType") == "application/octet-stream"):
		return schema.MisreadBytes
	}
	return schema.NoLoss
}

// isVariants tells whether a member lists the variants of a union.
func isVariants(m text.Member) bool {
	values := 0
	for _, v := range m.Value.ItemsOf() {
		if v.GetString("type") != "null" {
			values++
		}
	}
	return values > 1 && (m.Key == "anyOf" || m.Key == "oneOf")
}

func isUnnamedUnionOrNull(n *text.Node) bool {
	for _, keyword := range []string{"anyOf", "oneOf"} {
		variants := n.Get(keyword).ItemsOf()
		if len(variants) != 2 {
			continue
		}
		for i, v := range variants {
			other := variants[1-i]
			if v.GetString("type") == "null" && (other.Get("anyOf") != nil || other.Get("oneOf") != nil) {
				return true
			}
		}
	}
	return false
}
