package schema

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// WriteJSON prints the model for people and for tests: `wsgen ir`. Types are
// written as Python would annotate them, with their limits in parentheses.
func (m *Model) WriteJSON(w io.Writer) error {
	p := irPrinter{dir: m.Dir}
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(p.model(m))
}

type irModel struct {
	Title    string     `json:"title"`
	Version  string     `json:"version"`
	Requests string     `json:"requests"`
	Reply    string     `json:"reply"`
	Methods  []irMethod `json:"methods"`
	Events   []irEvent  `json:"events"`
	Errors   []irError  `json:"errors"`
	Types    []irType   `json:"types"`
}

type irMethod struct {
	Name       string   `json:"name"`
	Words      string   `json:"words"`
	Doc        string   `json:"doc,omitempty"`
	Deprecated *string  `json:"deprecated,omitempty"`
	Params     string   `json:"params,omitempty"`
	Result     string   `json:"result,omitempty"`
	Errors     []string `json:"errors,omitempty"`
	Notify     bool     `json:"notify,omitempty"`
	Idempotent bool     `json:"idempotent,omitempty"`
	TimeoutMS  int64    `json:"timeoutMs,omitempty"`
	Pos        string   `json:"pos"`
}

type irEvent struct {
	Name       string  `json:"name"`
	Words      string  `json:"words"`
	Doc        string  `json:"doc,omitempty"`
	Deprecated *string `json:"deprecated,omitempty"`
	Channel    string  `json:"channel"`
	Payload    string  `json:"payload"`
	Pos        string  `json:"pos"`
}

type irError struct {
	Name string `json:"name"`
	Code int64  `json:"code"`
	Doc  string `json:"doc,omitempty"`
	Data string `json:"data,omitempty"`
	Pos  string `json:"pos"`
}

type irType struct {
	Kind       string      `json:"kind"`
	Name       string      `json:"name"`
	Inline     bool        `json:"inline,omitempty"`
	Use        string      `json:"use"` // "params", "results" or "both"
	Doc        string      `json:"doc,omitempty"`
	Title      string      `json:"title,omitempty"`
	Deprecated *string     `json:"deprecated,omitempty"`
	Fields     []irField   `json:"fields,omitempty"`
	Extra      string      `json:"extra,omitempty"`
	Closed     bool        `json:"closed,omitempty"`
	Base       string      `json:"base,omitempty"`
	Values     []irValue   `json:"values,omitempty"`
	Tag        string      `json:"tag,omitempty"`
	Variants   []irVariant `json:"variants,omitempty"`
	Items      []string    `json:"items,omitempty"`
	MinItems   *int        `json:"minItems,omitempty"`
	Rest       string      `json:"rest,omitempty"`
	Target     string      `json:"target,omitempty"`
	Pos        string      `json:"pos"`
}

type irField struct {
	Name       string          `json:"name"`
	Type       string          `json:"type"`
	Required   bool            `json:"required"`
	Default    json.RawMessage `json:"default,omitempty"`
	Doc        string          `json:"doc,omitempty"`
	Title      string          `json:"title,omitempty"`
	Deprecated *string         `json:"deprecated,omitempty"`
	ReadOnly   bool            `json:"readOnly,omitempty"`
	WriteOnly  bool            `json:"writeOnly,omitempty"`
	Pos        string          `json:"pos"`
}

type irValue struct {
	Value json.RawMessage `json:"value"`
	Name  string          `json:"name,omitempty"`
	Doc   string          `json:"doc,omitempty"`
}

type irVariant struct {
	Type string            `json:"type"`
	Tags []json.RawMessage `json:"tags,omitempty"`
}

type irPrinter struct {
	dir string // of the manifest: file names are written relative to it
}

func (p irPrinter) pos(at text.Pos) string {
	if !at.IsValid() {
		return ""
	}
	line, col := at.Line()
	return fmt.Sprintf("%s:%d:%d", strings.TrimPrefix(at.Src.Name, p.dir), line, col)
}

func (p irPrinter) model(m *Model) irModel {
	out := irModel{Title: m.Info.Title, Version: m.Info.Version, Requests: m.Requests, Reply: m.Reply.Text,
		Methods: []irMethod{}, Events: []irEvent{}, Errors: []irError{}, Types: []irType{}}
	for _, me := range m.Methods {
		im := irMethod{Name: me.Wire, Words: strings.Join(me.Name, " "), Doc: me.Doc, Deprecated: noteOf(me.Deprecated), Params: typeText(me.Params), Result: typeText(me.Result),
			Notify: me.Notify, Idempotent: me.Idempotent, TimeoutMS: me.TimeoutMS, Pos: p.pos(me.Pos)}
		for _, e := range me.Errors {
			im.Errors = append(im.Errors, e.Name)
		}
		out.Methods = append(out.Methods, im)
	}
	for _, e := range m.Events {
		out.Events = append(out.Events, irEvent{Name: e.Wire, Words: strings.Join(e.Name, " "), Doc: e.Doc, Deprecated: noteOf(e.Deprecated), Channel: e.Channel.Text, Payload: typeText(e.Payload), Pos: p.pos(e.Pos)})
	}
	for _, e := range m.Errors {
		out.Errors = append(out.Errors, irError{Name: e.Name, Code: e.Code, Doc: e.Doc, Data: typeText(e.Data), Pos: p.pos(e.Pos)})
	}
	for _, t := range m.Types {
		out.Types = append(out.Types, p.named(t))
	}
	return out
}

func (p irPrinter) named(n Named) irType {
	h := n.Head()
	out := irType{Name: h.Name, Inline: h.Inline, Use: useOf(h), Doc: h.Doc, Title: h.Title, Deprecated: noteOf(h.Deprecated), Pos: p.pos(h.Pos)}
	switch n := n.(type) {
	case *Object:
		out.Kind, out.Closed, out.Extra = "object", n.Closed, typeText(n.Extra)
		for _, f := range n.Fields {
			out.Fields = append(out.Fields, irField{Name: f.Wire, Type: typeText(f.Type), Required: f.Required, Default: rawValue(f.Default), Doc: f.Doc, Title: f.Title,
				Deprecated: noteOf(f.Deprecated), ReadOnly: f.ReadOnly, WriteOnly: f.WriteOnly, Pos: p.pos(f.Pos)})
		}
	case *Enum:
		out.Kind, out.Base = "enum", n.Base.String()
		for _, v := range n.Values {
			out.Values = append(out.Values, irValue{rawValue(v.Value), v.Name, v.Doc})
		}
	case *Union:
		out.Kind, out.Tag = "union", n.Tag
		for _, v := range n.Variants {
			iv := irVariant{Type: typeText(v.Type)}
			for _, tag := range v.Tags {
				iv.Tags = append(iv.Tags, rawValue(tag))
			}
			out.Variants = append(out.Variants, iv)
		}
	case *Tuple:
		out.Kind, out.MinItems, out.Rest = "tuple", &n.Min, typeText(n.Rest)
		for _, it := range n.Items {
			out.Items = append(out.Items, typeText(it.Type))
		}
	case *Alias:
		out.Kind, out.Target = "alias", typeText(n.Target)
	default:
		panic(fmt.Sprintf("unexpected type %T", n))
	}
	return out
}

func useOf(h *Decl) string {
	switch {
	case h.In && h.Out:
		return "both"
	case h.In:
		return "params"
	}
	return "results"
}

func noteOf(d *Deprecation) *string {
	if d == nil {
		return nil
	}
	return &d.Note
}

func rawValue(n *text.Node) json.RawMessage {
	if n == nil {
		return nil
	}
	return json.RawMessage(n.JSON())
}

// typeText is [Describe] with the limits, and with the names of inline types.
func typeText(t Type) string {
	switch t := t.(type) {
	case nil:
		return ""
	case *Scalar:
		text := describeScalar(t)
		if t.Format != FormatNone && t.Kind != String {
			text = string(t.Format)
		} else if t.Hint != "" {
			text += ":" + t.Hint
		}
		return text + limitsText(t.Limits)
	case *Nullable:
		return typeText(t.Elem) + " | None"
	case *List:
		kind := "list["
		if t.Unique {
			kind = "set["
		}
		return kind + typeText(t.Elem) + "]" + limitsText(t.Limits)
	case *Map:
		return "dict[" + typeText(t.Key) + ", " + typeText(t.Value) + "]" + limitsText(t.Limits)
	case Named:
		return t.Head().Name
	}
	return Describe(t)
}

func limitsText(l *Limits) string {
	if l == nil {
		return ""
	}
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+"="+value)
		}
	}
	add("minimum", l.Minimum)
	add("maximum", l.Maximum)
	add("exclusiveMinimum", l.ExclusiveMinimum)
	add("exclusiveMaximum", l.ExclusiveMaximum)
	add("multipleOf", l.MultipleOf)
	add("minLength", l.MinLength)
	add("maxLength", l.MaxLength)
	add("pattern", l.Pattern)
	return "(" + strings.Join(parts, ", ") + ")"
}
