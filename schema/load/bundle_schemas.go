package load

import "github.com/wsgen/wsgen/internal/text"

const bundleFormat = "application/schema+json;version=draft-2020-12"

// payload writes the schema of a message:
//
//	{"schemaFormat": "application/schema+json;version=draft-2020-12", "schema": {"type": "string"}}
func (b *bundler) payload(n *text.Node) *text.Node {
	inner, _ := b.schemaOf(n)
	return inFormat(b.schema(inner))
}

func inFormat(schema *text.Node) *text.Node {
	n := newObject("schemaFormat", str(bundleFormat))
	set(n, "schema", schema)
	return n
}

// writeSchemas writes the definitions that others refer to.
func (b *bundler) writeSchemas() {
	for len(b.pending) > 0 {
		n := b.pending[0]
		b.pending = b.pending[1:]
		c := b.schema(n)
		if d := b.definitions[n]; d != nil && d.key != b.schemaKeys[n] && sameWords(c.GetString("title"), d.key) {
			c.Members = without(c, "title") // the title repeats the old key; beside the new one it would become documentation
		}
		set(b.out.schemas, b.schemaKeys[n], c)
	}
}

// reference copies a reference to a definition:
//
//	"#/components/schemas/models/schema/$defs/Task"
//
// The official parser does not end where definitions that refer to each other are
// multi-format objects of their own.
func (b *bundler) reference(ref *text.Node) (*text.Node, bool) {
	key, ok := b.schemaKey(ref)
	return str("#" + joinPointer([]string{"components", "schemas", "models", "schema", "$defs", key})), ok
}

// schemaKey returns the key that what a reference leads to has among the definitions.
func (b *bundler) schemaKey(ref *text.Node) (string, bool) {
	t, ok := b.docs.resolve(ref)
	if !ok {
		return "", false
	}
	if key, known := b.schemaKeys[t.Node]; known {
		return key, true
	}
	key := free(b.out.schemas, b.wantedKey(t))
	b.schemaKeys[t.Node] = key
	b.pending = append(b.pending, t.Node)
	set(b.out.schemas, key, newObject()) // keeps the key
	return key, true
}

// wantedKey is the key in the document, from which the type has its name. Of definitions in
// several places with one key, those whose types are called otherwise have the name as key,
// and versions of one model have the ending that Pydantic gives to keys of versions.
func (b *bundler) wantedKey(t target) string {
	d := b.definitions[t.Node]
	if d == nil || d.typ == nil {
		return t.Key
	}
	if name := d.typ.Head().Name; name != typeName(d.key) && b.isShared(d.key) {
		return name
	}
	if b.out.schemas.Get(d.key) != nil {
		return d.key + "-Output"
	}
	return d.key
}

// isShared tells whether several definitions have a key.
func (b *bundler) isShared(key string) bool {
	count := 0
	for _, d := range b.defs {
		if d.key == key {
			count++
		}
	}
	return count > 1
}

// schema copies a schema: in the dialect of the bundle, and with references within it.
func (b *bundler) schema(n *text.Node) *text.Node {
	if n.Kind != text.KindObject {
		return n
	}
	c := newObject()
	dialect := b.docs.dialectAt(n)
	for _, m := range dialect.translated(n) {
		switch m.Key {
		case "$schema", dialect.idKeyword(), "$anchor", "$defs", "definitions", "x-required":
			continue
		case "$ref":
			if ref, ok := b.reference(m.Value); ok {
				set(c, "$ref", ref)
			}
			continue
		case "discriminator":
			set(c, m.Key, b.discriminator(m.Value, n))
			continue
		}
		set(c, m.Key, b.keyword(m))
	}
	if isPureRef(c) && !isPureRef(n) {
		set(c, "$comment", str("Keeps the name of this definition, which is only a reference.")) // what else it had, the dialect does not read
	}
	if doc := b.docs.bySource[n.Pos.Src]; !b.exact && doc != nil && doc.exactRequired && n.Get("properties") != nil {
		set(c, "x-required", str(alwaysSent))
	}
	return c
}

// keyword copies the value of a keyword, with the schemas in it.
func (b *bundler) keyword(m text.Member) *text.Node {
	known := vocabulary[m.Key]
	switch {
	case known.holds == one, m.Key == "contentSchema":
		return b.schema(m.Value)
	case known.holds == several:
		c := &text.Node{Kind: m.Value.Kind, Text: m.Value.Text}
		for _, item := range m.Value.Items {
			c.Items = append(c.Items, b.schema(item))
		}
		for _, member := range m.Value.Members {
			c.Members = append(c.Members, text.Member{Key: member.Key, Value: b.schema(member.Value)})
		}
		return c
	}
	return m.Value
}

// discriminator copies the keyword, whose mapping holds references and names of alternatives.
func (b *bundler) discriminator(n, union *text.Node) *text.Node {
	mapping := n.Get("mapping")
	if mapping == nil || mapping.Kind != text.KindObject {
		return n
	}
	byName := map[string]*text.Node{}
	for _, alternatives := range []string{"oneOf", "anyOf"} {
		for _, item := range union.Get(alternatives).ItemsOf() {
			if ref := item.Get("$ref"); ref != nil {
				if t, ok := b.docs.resolve(ref); ok {
					byName[t.Key] = ref
				}
			}
		}
	}
	mapped := newObject()
	for _, m := range mapping.Members {
		value := m.Value
		if value.Kind == text.KindString {
			ref := byName[value.Text]
			if ref == nil {
				ref = value
			}
			if copied, ok := b.reference(ref); ok {
				value = copied
			}
		}
		set(mapped, m.Key, value)
	}
	c := newObject()
	for _, m := range n.Members {
		if m.Key == "mapping" {
			m.Value = mapped
		}
		set(c, m.Key, m.Value)
	}
	return c
}
