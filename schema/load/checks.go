package load

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file reads what schemas demand of values: all keywords, as they are written.

// noteDirections tells the schemas that types are made of where they are used, before
// versions are joined.
func (l *lowerer) noteDirections() {
	for _, d := range l.defs {
		head := d.typ.Head()
		for i := range head.Sources {
			head.Sources[i].In, head.Sources[i].Out = head.In, head.Out
		}
	}
}

// readSources completes the sources of the model's types: what each schema demands, where
// that is asked for. The model lets go of the documents, which take far more memory.
func readSources(docs *documents, m *schema.Model, checks bool) {
	c := &checker{docs: docs, checks: map[*text.Node]*schema.Check{}}
	for _, t := range m.Types {
		head := t.Head()
		if !checks {
			head.Sources = nil
			continue
		}
		for i := range head.Sources {
			s := &head.Sources[i]
			if len(head.Sources) == 1 {
				s.In, s.Out = head.In, head.Out
			}
			s.Check = c.check(s.Node)
			s.Node = nil
			if s.Check.Key == "" {
				s.Check.Key = head.Name
			}
		}
	}
}

// checker reads each schema once.
type checker struct {
	docs   *documents
	checks map[*text.Node]*schema.Check
}

// check reads the schema n and those inside it. What the profile has refused is not looked at.
func (c *checker) check(n *text.Node) *schema.Check {
	if n == nil {
		return nil
	}
	if k := c.checks[n]; k != nil {
		return k
	}
	k := &schema.Check{Pos: n.Pos, Never: n.Kind == text.KindBool && n.Text == "false"}
	c.checks[n] = k
	members := c.docs.dialectAt(n).translated(n)
	for i := range members {
		c.values(k, &members[i])
		c.parts(k, &members[i])
	}
	return k
}

// values reads the keywords that hold no schemas.
func (c *checker) values(k *schema.Check, m *text.Member) {
	switch m.Key {
	case "type":
		if k.Types = texts(m.Value); m.Value.Kind == text.KindString {
			k.Types = []string{m.Value.Text}
		}
	case "enum":
		k.Values, k.Listed = both(k, text.DetachedAll(m.Value.Items)), true
	case "const":
		k.Values, k.Listed = both(k, []*text.Node{m.Value.Detached()}), true
	case "nullable":
		k.Null = k.Null || isTrue(m.Value)
	case "default":
		k.Null = k.Null || m.Value.Kind == text.KindNull
	case "minimum":
		k.Minimum = number(m.Value)
	case "maximum":
		k.Maximum = number(m.Value)
	case "exclusiveMinimum":
		k.ExclusiveMinimum = number(m.Value)
	case "exclusiveMaximum":
		k.ExclusiveMaximum = number(m.Value)
	case "multipleOf":
		k.MultipleOf = number(m.Value)
	case "minLength":
		k.MinLength = text.CountOf(m.Value)
	case "maxLength":
		k.MaxLength = text.CountOf(m.Value)
	case "pattern":
		k.Pattern = stringOf(m.Value)
	case "format":
		if k.Format = formats[stringOf(m.Value)]; k.Format == schema.FormatNone {
			k.Hint = schema.Format(stringOf(m.Value))
		}
	case "minItems":
		k.MinItems = text.CountOf(m.Value)
	case "maxItems":
		k.MaxItems = text.CountOf(m.Value)
	case "uniqueItems":
		k.Unique = isTrue(m.Value)
	case "minContains":
		k.MinContains = text.CountOf(m.Value)
	case "maxContains":
		k.MaxContains = text.CountOf(m.Value)
	case "minProperties":
		k.MinMembers = text.CountOf(m.Value)
	case "maxProperties":
		k.MaxMembers = text.CountOf(m.Value)
	case "required":
		k.Required = texts(m.Value)
	case "dependentRequired":
		for _, d := range m.Value.Members {
			k.Needs = append(k.Needs, schema.Needs{Key: d.Key, Others: texts(d.Value)})
		}
	}
}

// parts reads the keywords that hold schemas.
func (c *checker) parts(k *schema.Check, m *text.Member) {
	switch m.Key {
	case "$ref":
		if t, ok := c.docs.resolve(m.Value); ok && m.Value.Kind == text.KindString {
			k.Ref = c.check(t.Node)
			if k.Ref.Key == "" {
				k.Ref.Key = typeName(t.Key)
			}
		}
	case "$dynamicRef", "$recursiveRef":
		if t := c.docs.onlyTarget(m.Value); t != nil {
			k.AllOf = append(k.AllOf, c.check(t))
			break
		}
		// It is not checked, and what it describes is taken for described.
		k.UnevaluatedItems, k.UnevaluatedMembers = &schema.Check{}, &schema.Check{}
	case "allOf":
		k.AllOf = append(k.AllOf, c.list(m.Value)...)
	case "anyOf":
		k.AnyOf = c.list(m.Value)
	case "oneOf":
		k.OneOf = c.list(m.Value)
	case "not":
		k.Not = c.check(m.Value)
	case "if":
		k.If = c.check(m.Value)
	case "then":
		k.Then = c.check(m.Value)
	case "else":
		k.Else = c.check(m.Value)
	case "prefixItems":
		k.Prefix = c.list(m.Value)
	case "items":
		k.Items = c.check(m.Value)
	case "contains":
		k.Contains = c.check(m.Value)
	case "properties":
		k.Members = c.members(m.Value)
	case "patternProperties":
		k.Patterns = c.members(m.Value)
	case "additionalProperties":
		k.Additional = c.check(m.Value)
	case "propertyNames":
		k.Names = c.check(m.Value)
	case "dependentSchemas":
		k.Dependent = append(k.Dependent, c.members(m.Value)...)
	case "unevaluatedItems":
		if k.UnevaluatedItems == nil {
			k.UnevaluatedItems = c.check(m.Value)
		}
	case "unevaluatedProperties":
		if k.UnevaluatedMembers == nil {
			k.UnevaluatedMembers = c.check(m.Value)
		}
	}
}

func (c *checker) list(n *text.Node) []*schema.Check {
	checks := make([]*schema.Check, len(n.Items))
	for i, item := range n.Items {
		checks[i] = c.check(item)
	}
	return checks
}

func (c *checker) members(n *text.Node) []schema.CheckMember {
	members := make([]schema.CheckMember, len(n.Members))
	for i, m := range n.Members {
		members[i] = schema.CheckMember{Key: m.Key, Check: c.check(m.Value)}
	}
	return members
}

// both returns the values that are listed by const and enum at once.
func both(k *schema.Check, values []*text.Node) []*text.Node {
	if !k.Listed {
		return values
	}
	return slices.DeleteFunc(values, func(v *text.Node) bool {
		return !slices.ContainsFunc(k.Values, func(other *text.Node) bool { return other.JSON() == v.JSON() })
	})
}

// onlyTarget returns what a $dynamicRef leads to, wherever its schema is referred to from, or
// nil where that makes a difference: where its document, or one that leads to it, has the
// anchor in more than one place.
func (d *documents) onlyTarget(ref *text.Node) (found *text.Node) {
	name, ok := strings.CutPrefix(stringOf(ref), "#")
	if !ok || name == "" || name[0] == '/' {
		return nil
	}
	for doc := range d.leadingTo(d.bySource[ref.Pos.Src]) {
		for _, sc := range doc.scopes {
			if t, ok := sc.anchors[name]; ok && t.Node != found {
				if found != nil {
					return nil
				}
				found = t.Node
			}
		}
	}
	return found
}

// leadingTo returns a document and those whose references lead to it.
func (d *documents) leadingTo(doc *document) map[*document]bool {
	found := map[*document]bool{doc: true}
	for before := 0; before < len(found); {
		before = len(found)
		for ref, to := range d.resolved {
			if found[d.bySource[to.Node.Pos.Src]] {
				found[ref.from.doc] = true
			}
		}
	}
	delete(found, nil)
	return found
}
