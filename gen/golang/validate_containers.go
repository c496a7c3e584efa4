package golang

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// size prints the limits of how many items or members there are.
func (w *validateWriter) size(least, most, of, x, key string) {
	if least != "" {
		w.when("len("+x+") < "+least, key, "limit", plan.AtLeast(least, of))
	}
	if most != "" {
		w.when("len("+x+") > "+most, key, "limit", plan.AtMost(most, of))
	}
}

func (w *validateWriter) list(c *schema.Check, t *schema.List, x, key string) bool {
	if !hasOnly(c, "array") || c.Prefix != nil || c.Contains != nil || c.Listed {
		return false
	}
	w.size(c.MinItems, c.MaxItems, "items", x, key)
	if c.Unique {
		s, ok := schema.Resolve(t.Elem).(*schema.Scalar)
		if !ok || s.Wide() || s.Kind == schema.Number {
			return false
		}
		w.when("rpc.Repeats("+x+")", key, "limit", "must have no item twice")
	}
	w.loops++
	i := "i"
	if w.loops > 1 {
		i += itoa(w.loops)
	}
	items := w.apart(func() { w.b.Indent(func() { w.nullable(c.Items, t.Elem, x+"["+i+"]", "") }) })
	w.loops--
	if items.Len() == 0 {
		return true
	}
	w.enter(key, func() {
		w.b.Line("for ", i, " := range ", bare(x), " {")
		w.b.Indent(func() { w.b.Line("p.EnterItem(", i, ")") })
		w.b.Append(w.deeper(func() { w.nullable(c.Items, t.Elem, x+"["+i+"]", "") }))
		w.b.Indent(func() { w.b.Line("p.Leave()") })
		w.b.Line("}")
	})
	return true
}

// deeper prints the body of a loop.
func (w *validateWriter) deeper(body func()) *emit.Buffer {
	w.loops++
	defer func() { w.loops-- }()
	return w.apart(func() { w.b.Indent(body) })
}

func (w *validateWriter) dict(c *schema.Check, t *schema.Map, x, key string) bool {
	if !hasOnly(c, "object") || c.Patterns != nil || c.Members != nil || c.Needs != nil || c.Dependent != nil || c.Listed {
		return false
	}
	if c.Additional != nil && c.Additional.Never {
		return false
	}
	w.size(c.MinMembers, c.MaxMembers, "members", x, key)
	for _, name := range c.Required {
		if _, ok := schema.Resolve(t.Key).(*schema.Scalar); !ok {
			return false
		}
		w.enter(key, func() {
			w.b.Block("if _, ok := "+x+"["+quote(name)+"]; !ok {", func() { w.add(quote(name), "missing", "is missing") }, "}")
		})
	}
	covered := true
	print := func() {
		if c.Names != nil {
			covered = w.typed(c.Names, t.Key, "key", "", false)
		}
		if c.Additional != nil {
			item := w.apart(func() { w.nullable(c.Additional, t.Value, "item", "") })
			if item.Len() > 0 {
				w.b.Line("item := ", x, "[key]")
				w.b.Append(item)
			}
		}
	}
	inner := w.deeper(print)
	if !covered || inner.Len() == 0 {
		return covered
	}
	w.enter(key, func() {
		w.b.Line("for key := range ", bare(x), " {")
		w.b.Indent(func() { w.b.Line("p.Enter(string(key))") })
		w.b.Append(w.deeper(print))
		w.b.Indent(func() { w.b.Line("p.Leave()") })
		w.b.Line("}")
	})
	return covered
}

// tuple prints what checks the items that have a field.
func (w *validateWriter) tuple(c *schema.Check, t *schema.Tuple, x string) bool {
	least := itoa(t.Min)
	if !hasOnly(c, "array") || c.Unique || c.Contains != nil || c.Listed || len(c.Prefix) != len(t.Items) || t.Rest != nil || keepsItems(t) ||
		c.MinItems != least && c.MinItems != "" || c.MaxItems != "" && c.MaxItems != itoa(len(t.Items)) {
		return false
	}
	for i, item := range c.Prefix {
		inner, null := w.names.stripNull(t.Items[i].Type)
		_, pointer := w.itemOf(t, i)
		field := x + "." + w.names.items[t][i]
		body := func() {
			w.b.Line("p.EnterItem(", itoa(i), ")")
			w.value(item, inner, field, "", false)
			w.b.Line("p.Leave()")
		}
		switch {
		case plan.Idle(item):
		case pointer && !null && i < t.Min:
			return false
		case pointer:
			field = "*" + field
			w.unlessNil(field[1:], body, nil)
		case w.names.isNilable(inner):
			return false
		default:
			body()
		}
	}
	return true
}

// nullable prints what checks an item or a value, which may be null.
func (w *validateWriter) nullable(c *schema.Check, t schema.Type, x, key string) {
	if plan.Idle(c) {
		return
	}
	inner, null := w.names.stripNull(t)
	switch {
	case null && w.names.isNilable(inner):
		w.unlessNil(x, func() { w.value(c, inner, x, key, false) }, nil)
	case null:
		w.unlessNil(x, func() { w.value(c, inner, "*"+x, key, false) }, nil)
	case w.names.isNilable(inner):
		w.unlessNil(x, func() { w.value(c, inner, x, key, false) }, func() { w.add(key, "type", "must not be null") })
	default:
		w.value(c, inner, x, key, false)
	}
}

// unlessNil prints
//
//	if x != nil {
//		…
//	} else {
//		…
//	}
func (w *validateWriter) unlessNil(x string, body, otherwise func()) {
	inner := w.apart(func() { w.b.Indent(body) })
	switch {
	case inner.Len() > 0:
		w.b.Line("if ", x, " != nil {")
		w.b.Append(inner)
		if otherwise != nil {
			w.b.Line("} else {")
			w.b.Indent(otherwise)
		}
		w.b.Line("}")
	case otherwise != nil:
		w.b.Line("if ", x, " == nil {")
		w.b.Indent(otherwise)
		w.b.Line("}")
	}
}

func (w *validateWriter) object(c *schema.Check, o *schema.Object, x string) bool {
	if !hasOnly(c, "object") || c.Patterns != nil || c.Names != nil || c.Needs != nil || c.Dependent != nil || c.Listed || c.MinMembers != "" || c.MaxMembers != "" {
		return false
	}
	fields := w.members[o]
	byWire := map[string]*member{}
	for i := range fields {
		byWire[fields[i].Wire] = &fields[i]
	}
	for _, name := range c.Required {
		if f := byWire[name]; f == nil {
			if w.plan.Object(o).TypedExtra {
				return false
			}
			w.b.Block("if _, ok := "+x+".Extra["+quote(name)+"]; !ok {", func() { w.add(quote(name), "missing", "is missing") }, "}")
		}
	}
	for _, m := range c.Members {
		f := byWire[m.Key]
		switch {
		case f != nil:
			w.field(m.Check, f, x+"."+f.name, plan.Required(c, m.Key))
		case !plan.Idle(m.Check):
			return false
		}
	}
	return w.extra(c, o, x)
}

// field prints what checks a member.
func (w *validateWriter) field(c *schema.Check, f *member, x string, required bool) {
	var otherwise func()
	if required && !f.always && !f.remembersNull() && w.input {
		otherwise = func() { w.add(f.wire, "missing", "is missing") }
	} else if f.always && !f.null && !plan.Idle(c) && !c.Null {
		otherwise = func() { w.add(f.wire, "type", "must not be null") }
	}
	switch {
	case f.constant():
		if f.Const.Kind == text.KindString {
			w.when(`p.Strict && `+x+` != "" && `+x+" != "+quote(f.Const.Text), f.wire, "const", "must be "+f.Const.JSON())
		}
	case f.pointer:
		w.unlessNil(x, func() { w.value(c, f.inner, "*"+x, f.wire, false) }, otherwise)
	case w.names.isNilable(f.inner):
		if _, any := schema.Core(f.inner).(*schema.Any); any && !required {
			otherwise = nil
		}
		w.unlessNil(x, func() { w.value(c, f.inner, x, f.wire, false) }, otherwise)
	default:
		w.value(c, f.inner, x, f.wire, false)
	}
}

// extra prints what checks the members that have no field.
func (w *validateWriter) extra(c *schema.Check, o *schema.Object, x string) bool {
	switch {
	case plan.Idle(c.Additional):
		return true
	case c.Additional.Never:
		var nulls []string
		for _, f := range w.members[o] {
			if f.remembersNull() {
				nulls = append(nulls, f.wire)
			}
		}
		w.b.Line("p.NoExtra(", strings.Join(append([]string{x + ".Extra"}, nulls...), ", "), ")")
		return !w.plan.Object(o).TypedExtra
	case !w.plan.Object(o).TypedExtra || len(c.Members) < len(o.Fields):
		return false
	}
	return w.dict(&schema.Check{Additional: c.Additional}, &schema.Map{Key: &schema.Scalar{Kind: schema.String}, Value: o.Extra}, x+".AdditionalProperties", "")
}

// union prints a switch over the variants, where each is the type that one of the
// alternatives describes:
//
//	switch v := v.Payment.(type) {
//	case Card:
//		v.validate(p)
//	case *Card:
//		if v != nil {
//			v.validate(p)
//		}
//	case UnknownPayment:
//		if p.Strict {
//			p.Add("union", "fits none of the alternatives")
//		}
//	}
func (w *validateWriter) union(c *schema.Check, t schema.Type, x, key string) bool {
	u, ok := schema.Core(t).(*schema.Union)
	rest := *c
	rest.AnyOf, rest.OneOf, rest.Null = nil, nil, false
	if !ok || !plan.Idle(&rest) || c.AnyOf != nil && c.OneOf != nil {
		return false
	}
	branches := slices.Concat(c.AnyOf, c.OneOf)
	if len(branches) != len(w.names.variants[u]) || c.OneOf != nil && plan.DispatchOf(branches) == nil {
		return false
	}
	for _, v := range w.names.variants[u] {
		named, ok := v.typ.(schema.Named)
		if !ok || v.wrapper || !w.isType(named) || !slices.ContainsFunc(branches, func(b *schema.Check) bool { return w.describes(b, named) }) {
			return false
		}
	}
	w.enter(key, func() {
		w.b.Line("switch v := ", x, ".(type) {")
		for _, v := range w.names.variants[u] {
			w.b.Line("case ", v.goName, ":")
			w.b.Indent(func() { w.b.Line("v.validate(p)") })
			w.b.Line("case *", v.goName, ":")
			w.b.Indent(func() { w.b.Block("if v != nil {", func() { w.b.Line("v.validate(p)") }, "}") })
		}
		if unknown := w.names.unknown[u]; unknown != "" {
			w.b.Line("case ", unknown, ":")
			w.b.Indent(func() {
				w.b.Block("if p.Strict {", func() { w.add("", "union", "fits none of the alternatives") }, "}")
			})
		}
		w.b.Line("}")
	})
	return true
}

// describes tells whether a check is that of a named type.
func (w *validateWriter) describes(c *schema.Check, named schema.Named) bool {
	for hops := 0; c != nil && hops < maxTyped; hops++ {
		if slices.Contains(w.own[named], c) {
			return true
		}
		rest := *c
		rest.Ref = nil
		if !plan.Idle(&rest) {
			return false
		}
		c = c.Ref
	}
	return false
}
