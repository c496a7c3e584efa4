package load

import (
	"fmt"
	"strconv"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// fillObject reads properties, required and additionalProperties.
func (l *lowerer) fillObject(o *schema.Object, n *text.Node) {
	required := requiredNames(n)
	doc := l.docs.bySource[n.Pos.Src]
	exact := doc != nil && doc.exactRequired
	if props := n.Get("properties"); props != nil {
		o.Fields = make([]*schema.Field, 0, len(props.Members))
		for i := range props.Members {
			m := &props.Members[i]
			f := l.field(o, m, required[m.Key])
			f.Sent = f.Required || f.Default != nil && !exact
			l.noteDefault(f, m.Value)
			o.Fields = append(o.Fields, f)
		}
	}
	l.readExtra(o, n)
	l.checkRequired(o, n.Get("required"))
}

// checkRequired reports members that are required and not declared: most are typos.
func (l *lowerer) checkRequired(o *schema.Object, required *text.Node) {
	if required == nil || len(required.Items) == 0 {
		return
	}
	declared := make(map[string]bool, len(o.Fields))
	names := make([]string, len(o.Fields))
	for i, f := range o.Fields {
		declared[f.Wire], names[i] = true, f.Wire
	}
	for _, r := range required.Items {
		if r.Kind != text.KindString || declared[r.Text] {
			continue
		}
		hint := "declare it under properties, or remove it from required"
		if near := text.Nearest(r.Text, names); near != "" {
			hint = fmt.Sprintf("did you mean %s?", text.Quote(near))
		}
		l.diags.Add(r.Pos, "required-undeclared", fmt.Sprintf("member %s is required and not declared", text.Quote(r.Text)), hint).Severity = text.Warning
	}
}

func (l *lowerer) field(o *schema.Object, m *text.Member, required bool) *schema.Field {
	n := m.Value
	f := &schema.Field{Wire: m.Key, Name: schema.SplitName(m.Key), Required: required, Pos: m.KeyPos}
	f.Type = l.part(n, place{owner: o, path: pascal(f.Name)})
	if n.Kind != text.KindObject {
		return f
	}
	f.Default = n.Get("default").Detached()
	f.Doc = n.GetString("description")
	f.Title = titleOf(n, m.Key)
	f.Deprecated = deprecationOf(n)
	f.ReadOnly, f.WriteOnly = n.IsTrue("readOnly"), n.IsTrue("writeOnly")
	f.Examples = examplesOf(n)
	return f
}

// part lowers the schema of a member of an object or of a place in a tuple. Where
// the default is null, null is sent and taken, whatever the type says.
func (l *lowerer) part(n *text.Node, at place) schema.Type {
	d := n.Get("default")
	return l.nullableIf(d != nil && d.Kind == text.KindNull, l.typ(n, at))
}

func requiredNames(n *text.Node) map[string]bool {
	names := map[string]bool{}
	if list := n.Get("required"); list != nil {
		for _, r := range list.Items {
			if r.Kind == text.KindString {
				names[r.Text] = true
			}
		}
	}
	return names
}

// readExtra finds the type of members that are not declared.
func (l *lowerer) readExtra(o *schema.Object, n *text.Node) {
	extra, patterns := n.Get("additionalProperties"), n.Get("patternProperties")
	switch {
	case patterns != nil && len(patterns.Members) > 0:
		o.Extra = l.typ(unionOfValues(patterns, extra), place{owner: o, path: "Extra"})
	case extra == nil:
	case extra.Kind == text.KindBool:
		o.Closed = extra.Text == "false"
		if !o.Closed {
			o.Extra = &schema.Any{}
		}
	default:
		o.Extra = l.typ(extra, place{owner: o, path: "Extra"})
	}
}

// unionOfValues returns the schema of the members that patternProperties and
// additionalProperties describe together. Where members that match no pattern may
// hold anything, that is true.
func unionOfValues(patterns, extra *text.Node) *text.Node {
	if extra == nil || isAny(extra) {
		return &text.Node{Kind: text.KindBool, Text: "true", Pos: patterns.Pos}
	}
	var list []*text.Node
	for _, m := range patterns.Members {
		list = append(list, m.Value)
	}
	if extra.Kind == text.KindObject {
		list = append(list, extra)
	}
	if len(list) == 1 {
		return list[0]
	}
	return object(patterns, text.Member{Key: "anyOf", KeyPos: patterns.Pos, Value: array(patterns, list)})
}

// dict lowers an object that declares no members.
func (l *lowerer) dict(n *text.Node, at place) schema.Type {
	m := &schema.Map{Key: &schema.Scalar{Kind: schema.String}, Value: &schema.Any{}, Limits: lengthLimits(n, "minProperties", "maxProperties")}
	if names := n.Get("propertyNames"); names != nil && names.Kind == text.KindObject {
		m.Key = l.mapKey(names, at)
	}
	extra, patterns := n.Get("additionalProperties"), n.Get("patternProperties")
	switch {
	case patterns != nil && len(patterns.Members) > 0:
		if len(patterns.Members) == 1 && n.Get("propertyNames") == nil && extra != nil && extra.Text == "false" {
			m.Key = &schema.Scalar{Kind: schema.String, Limits: &schema.Limits{Pattern: patterns.Members[0].Key}}
		}
		m.Value = l.typ(unionOfValues(patterns, extra), at.in("Value"))
	case extra != nil && extra.Kind == text.KindObject:
		m.Value = l.typ(extra, at.in("Value"))
	}
	return m
}

// mapKey lowers propertyNames: what is no string type is any string.
func (l *lowerer) mapKey(names *text.Node, at place) schema.Type {
	if names.Get("type") == nil && names.Get("$ref") == nil && names.Get("enum") == nil && names.Get("anyOf") == nil && names.Get("const") == nil {
		names = with(names, "type", &text.Node{Kind: text.KindString, Text: "string", Pos: names.Pos})
	}
	key := l.typ(names, at.in("Key"))
	switch t := schema.Resolve(key).(type) {
	case *schema.Scalar:
		if t.Kind == schema.String {
			return key
		}
	case *schema.Enum:
		if t.Base == schema.String {
			return key
		}
	}
	return &schema.Scalar{Kind: schema.String}
}

func (l *lowerer) list(n *text.Node, at place) schema.Type {
	t := &schema.List{Elem: &schema.Any{}, Unique: n.IsTrue("uniqueItems"), Limits: lengthLimits(n, "minItems", "maxItems")}
	if items := n.Get("items"); items != nil {
		t.Elem = l.typ(items, at.in("Item"))
	}
	return t
}

func (l *lowerer) fillTuple(t *schema.Tuple, n *text.Node) {
	items := n.Get("prefixItems")
	for i, it := range items.Items {
		item := schema.TupleItem{Type: l.part(it, place{owner: t, path: "Item" + strconv.Itoa(i+1)}), Doc: it.GetString("description")}
		if title := it.GetString("title"); title != "" && !t.Inline {
			item.Name = schema.SplitName(title)
		}
		t.Items = append(t.Items, item)
	}
	if fewest, err := strconv.Atoi(text.CountOf(n.Get("minItems"))); err == nil {
		t.Min = min(fewest, len(items.Items))
	}
	rest := n.Get("items")
	limit, err := strconv.Atoi(text.CountOf(n.Get("maxItems")))
	switch closed := err == nil && limit <= len(items.Items); {
	case closed || rest != nil && rest.Kind == text.KindBool && rest.Text == "false":
	case rest != nil:
		t.Rest = l.typ(rest, place{owner: t, path: "Rest"})
	default:
		t.Rest = &schema.Any{}
	}
}
