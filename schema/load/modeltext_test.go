package load_test

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// modelText writes a model for the archives of testdata/lower: a line for each
// declaration, and one for each member, value or variant of a type.
func modelText(m *schema.Model) string {
	w := &modelWriter{}
	w.line("requests %s, reply %s", m.Requests, m.Reply.Text)
	for _, me := range m.Methods {
		w.method(me)
	}
	for _, e := range m.Events {
		w.start("event "+e.Wire+":").add("words", strings.Join(e.Name, " ")).add("channel", e.Channel.Text).add("payload", typeText(e.Payload))
		w.add("doc", e.Doc).deprecated(e.Deprecated).end()
	}
	for _, e := range m.Errors {
		w.start("error "+e.Name+":").add("code", strconv.FormatInt(e.Code, 10)).add("data", typeText(e.Data)).add("doc", e.Doc).end()
	}
	for _, t := range m.Types {
		w.declaration(t)
	}
	return w.b.String()
}

type modelWriter struct{ b strings.Builder }

func (w *modelWriter) line(format string, args ...any) { fmt.Fprintf(&w.b, format+"\n", args...) }

func (w *modelWriter) start(text string) *modelWriter {
	w.b.WriteString(text)
	return w
}

// add writes " name=value" unless the value is empty.
func (w *modelWriter) add(name, value string) *modelWriter {
	if value != "" {
		w.b.WriteString(" " + name + "=" + unquoted(value))
	}
	return w
}

// unquoted writes a text on one line without the quotes around it.
func unquoted(s string) string { return strings.Trim(text.QuoteJSON(s), `"`) }

func (w *modelWriter) flag(name string, set bool) *modelWriter {
	if set {
		w.b.WriteString(" " + name + "=true")
	}
	return w
}

func (w *modelWriter) value(name string, n *text.Node) *modelWriter {
	if n != nil {
		w.b.WriteString(" " + name + "=" + strings.Trim(n.JSON(), `"`))
	}
	return w
}

func (w *modelWriter) deprecated(d *schema.Deprecation) *modelWriter {
	if d != nil {
		w.b.WriteString(" deprecated=" + d.Note)
	}
	return w
}

func (w *modelWriter) end() { w.b.WriteByte('\n') }

func (w *modelWriter) method(me *schema.Method) {
	w.start("method "+me.Wire+":").add("words", strings.Join(me.Name, " "))
	w.add("params", typeText(me.Params)).add("result", typeText(me.Result))
	if len(me.Errors) > 0 {
		names := make([]string, len(me.Errors))
		for i, e := range me.Errors {
			names[i] = strconv.Quote(e.Name)
		}
		w.start(" errors=[" + strings.Join(names, ",") + "]")
	}
	w.flag("notify", me.Notify).flag("stream", me.Stream).flag("idempotent", me.Idempotent)
	w.flag("cancelOnDisconnect", me.CancelOnDisconnect)
	if me.TimeoutMS != 0 {
		w.add("timeoutMs", strconv.FormatInt(me.TimeoutMS, 10))
	}
	if me.Channel != nil {
		w.add("channel", me.Channel.Text)
		for _, p := range me.Channel.Parts {
			w.add(p.Param, p.Doc)
		}
	}
	w.add("doc", me.Doc).deprecated(me.Deprecated).end()
}

func (w *modelWriter) declaration(t schema.Named) {
	h := t.Head()
	w.start(kindOf(t)+" "+h.Name+":").add("use", useOf(h)).flag("inline", h.Inline)
	switch t := t.(type) {
	case *schema.Enum:
		w.add("base", t.Base.String())
	case *schema.Union:
		w.add("tag", t.Tag)
	case *schema.Tuple:
		items := make([]string, len(t.Items))
		for i, it := range t.Items {
			items[i] = strconv.Quote(typeText(it.Type))
		}
		w.start(" items=["+strings.Join(items, ",")+"]").add("minItems", strconv.Itoa(t.Min)).add("rest", typeText(t.Rest))
	case *schema.Alias:
		w.add("target", typeText(t.Target))
	case *schema.Object:
		w.add("extra", typeText(t.Extra)).flag("closed", t.Closed)
	}
	w.add("title", h.Title).add("doc", h.Doc).deprecated(h.Deprecated).end()
	w.parts(t)
}

func (w *modelWriter) parts(t schema.Named) {
	switch t := t.(type) {
	case *schema.Object:
		for _, f := range t.Fields {
			w.field(f)
		}
	case *schema.Enum:
		for _, v := range t.Values {
			w.enumValue(v)
		}
	case *schema.Alias:
		for _, v := range t.Flags {
			w.enumValue(v)
		}
	case *schema.Union:
		for _, v := range t.Variants {
			w.start("  " + typeText(v.Type))
			if len(v.Tags) > 0 {
				tags := make([]string, len(v.Tags))
				for i, tag := range v.Tags {
					tags[i] = tag.JSON()
				}
				w.start(" tags=[" + strings.Join(tags, ",") + "]")
			}
			w.end()
		}
	}
}

// field marks a member that may be absent with "?", and with "sent" one that a
// server sends all the same.
func (w *modelWriter) field(f *schema.Field) {
	mark := "?"
	if f.Required {
		mark = ""
	}
	w.start("  "+f.Wire+mark+": "+unquoted(typeText(f.Type))).flag("sent", f.Sent && !f.Required).value("default", f.Default)
	w.add("title", f.Title).add("doc", f.Doc).deprecated(f.Deprecated).flag("readOnly", f.ReadOnly).flag("writeOnly", f.WriteOnly).end()
}

func (w *modelWriter) enumValue(v schema.EnumValue) {
	w.start("  " + v.Value.JSON())
	if v.Name != "" {
		w.start(" " + v.Name)
	}
	w.add("doc", v.Doc).end()
}

func kindOf(t schema.Named) string {
	return strings.ToLower(strings.TrimPrefix(fmt.Sprintf("%T", t), "*schema."))
}

func useOf(h *schema.Decl) string {
	switch {
	case h.In && h.Out:
		return "both"
	case h.In:
		return "params"
	}
	return "results"
}

// typeText writes a type as Python would annotate it, with its limits: named
// types by their names.
func typeText(t schema.Type) string {
	switch t := t.(type) {
	case nil:
		return ""
	case *schema.Scalar:
		name := schema.Describe(t)
		if t.Format != schema.FormatNone {
			name = string(t.Format)
		} else if t.Hint != "" {
			name += ":" + t.Hint
		}
		return name + limitsText(t.Limits)
	case *schema.Nullable:
		return typeText(t.Elem) + " | None"
	case *schema.List:
		kind := "list["
		if t.Unique {
			kind = "set["
		}
		return kind + typeText(t.Elem) + "]" + limitsText(t.Limits)
	case *schema.Map:
		return "dict[" + typeText(t.Key) + ", " + typeText(t.Value) + "]" + limitsText(t.Limits)
	case schema.Named:
		return t.Head().Name
	}
	return schema.Describe(t)
}

func limitsText(l *schema.Limits) string {
	if l == nil {
		return ""
	}
	var parts []string
	for _, limit := range []struct{ name, value string }{
		{"minimum", l.Minimum}, {"maximum", l.Maximum}, {"exclusiveMinimum", l.ExclusiveMinimum},
		{"exclusiveMaximum", l.ExclusiveMaximum}, {"multipleOf", l.MultipleOf},
		{"minLength", l.MinLength}, {"maxLength", l.MaxLength}, {"pattern", l.Pattern},
	} {
		if limit.value != "" {
			parts = append(parts, limit.name+"="+limit.value)
		}
	}
	return "(" + strings.Join(parts, ", ") + ")"
}
