package schema

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// IRVersion is the version of what [Model.WriteJSON] writes: another one may lack
// members that this one has. docs/ir.md describes it.
const IRVersion = 1

// WriteJSON prints the model for other programs, people and tests: `wsgen ir`.
func (m *Model) WriteJSON(w io.Writer) error {
	p := irPrinter{dir: m.Dir}
	data, err := json.Marshal(p.model(m))
	if err != nil {
		return err
	}
	return text.IndentJSON(w, data)
}

type irModel struct {
	Version  int        `json:"version"`
	API      irAPI      `json:"api"`
	Requests string     `json:"requests"`
	Reply    irTemplate `json:"reply"`
	Methods  []irMethod `json:"methods"`
	Events   []irEvent  `json:"events"`
	Errors   []irError  `json:"errors"`
	Types    []irNamed  `json:"types"`
}

type irAPI struct {
	Title   string `json:"title"`
	Version string `json:"version"`
	Doc     string `json:"doc,omitempty"`
}

type irTemplate struct {
	Template string   `json:"template"`
	Parts    []irPart `json:"parts"`
}

type irPart struct {
	Literal string `json:"literal,omitempty"`
	Param   string `json:"param,omitempty"`
	Doc     string `json:"doc,omitempty"`
}

type irMethod struct {
	Name       string      `json:"name"`
	Words      Name        `json:"words"`
	Doc        string      `json:"doc,omitempty"`
	Deprecated *string     `json:"deprecated,omitempty"`
	Params     *irType     `json:"params,omitempty"`
	Result     *irType     `json:"result,omitempty"`
	Errors     []string    `json:"errors,omitempty"`
	Notify     bool        `json:"notify,omitempty"`
	Stream     bool        `json:"stream,omitempty"`
	Idempotent bool        `json:"idempotent,omitempty"`
	TimeoutMS  int64       `json:"timeoutMs,omitempty"`
	Disconnect string      `json:"onDisconnect,omitempty"`
	Channel    *irTemplate `json:"channel,omitempty"`
	Pos        string      `json:"pos"`
}

type irEvent struct {
	Name       string     `json:"name"`
	Words      Name       `json:"words"`
	Doc        string     `json:"doc,omitempty"`
	Deprecated *string    `json:"deprecated,omitempty"`
	Channel    irTemplate `json:"channel"`
	Access     Access     `json:"access"`
	Payload    *irType    `json:"payload"`
	Pos        string     `json:"pos"`
}

type irError struct {
	Name string  `json:"name"`
	Code int64   `json:"code"`
	Doc  string  `json:"doc,omitempty"`
	Data *irType `json:"data,omitempty"`
	Pos  string  `json:"pos"`
}

// irType is a type at its place of use.
type irType struct {
	Kind   string    `json:"kind"`
	Name   string    `json:"name,omitempty"`
	Format Format    `json:"format,omitempty"`
	Hint   string    `json:"hint,omitempty"`
	Type   *irType   `json:"type,omitempty"`
	Items  *irType   `json:"items,omitempty"`
	Unique bool      `json:"unique,omitempty"`
	Keys   *irType   `json:"keys,omitempty"`
	Values *irType   `json:"values,omitempty"`
	Limits *irLimits `json:"limits,omitempty"`
}

type irLimits struct {
	Minimum          json.Number `json:"minimum,omitempty"`
	Maximum          json.Number `json:"maximum,omitempty"`
	ExclusiveMinimum json.Number `json:"exclusiveMinimum,omitempty"`
	ExclusiveMaximum json.Number `json:"exclusiveMaximum,omitempty"`
	MultipleOf       json.Number `json:"multipleOf,omitempty"`
	MinLength        json.Number `json:"minLength,omitempty"`
	MaxLength        json.Number `json:"maxLength,omitempty"`
	Pattern          string      `json:"pattern,omitempty"`
}

// irNamed is the declaration of a named type.
type irNamed struct {
	Kind       string        `json:"kind"`
	Name       string        `json:"name"`
	Inline     bool          `json:"inline,omitempty"`
	Use        string        `json:"use"`
	Doc        string        `json:"doc,omitempty"`
	Title      string        `json:"title,omitempty"`
	Deprecated *string       `json:"deprecated,omitempty"`
	Examples   []irValue     `json:"examples,omitempty"`
	Fields     []irField     `json:"fields,omitempty"`
	Extra      *irType       `json:"extra,omitempty"`
	Closed     bool          `json:"closed,omitempty"`
	Open       bool          `json:"open,omitempty"`
	Base       string        `json:"base,omitempty"`
	Values     []irEnumValue `json:"values,omitempty"`
	Tag        string        `json:"tag,omitempty"`
	Variants   []irVariant   `json:"variants,omitempty"`
	Items      []irItem      `json:"items,omitempty"`
	MinItems   *int          `json:"minItems,omitempty"`
	Rest       *irType       `json:"rest,omitempty"`
	Target     *irType       `json:"target,omitempty"`
	Flags      []irEnumValue `json:"flags,omitempty"`
	Pos        string        `json:"pos"`
}

type irField struct {
	Name       string    `json:"name"`
	Words      Name      `json:"words"`
	Type       *irType   `json:"type"`
	Required   bool      `json:"required"`
	Sent       bool      `json:"sent"`
	Default    irValue   `json:"default,omitempty"`
	Doc        string    `json:"doc,omitempty"`
	Title      string    `json:"title,omitempty"`
	Deprecated *string   `json:"deprecated,omitempty"`
	ReadOnly   bool      `json:"readOnly,omitempty"`
	WriteOnly  bool      `json:"writeOnly,omitempty"`
	Examples   []irValue `json:"examples,omitempty"`
	Pos        string    `json:"pos"`
}

type irEnumValue struct {
	Value irValue `json:"value"`
	Name  string  `json:"name,omitempty"`
	Doc   string  `json:"doc,omitempty"`
}

type irVariant struct {
	Type *irType   `json:"type"`
	Tags []irValue `json:"tags,omitempty"`
}

type irItem struct {
	Words Name    `json:"words,omitempty"`
	Type  *irType `json:"type"`
	Doc   string  `json:"doc,omitempty"`
}

// irValue is a JSON value of the documents, as it stands there.
type irValue = json.RawMessage

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
	out := irModel{
		Version: IRVersion, API: irAPI{m.Info.Title, m.Info.Version, m.Info.Doc}, Requests: m.Requests, Reply: templateOf(m.Reply),
		Methods: []irMethod{}, Events: []irEvent{}, Errors: []irError{}, Types: []irNamed{},
	}
	for _, me := range m.Methods {
		out.Methods = append(out.Methods, p.method(me))
	}
	for _, e := range m.Events {
		out.Events = append(out.Events, irEvent{
			Name: e.Wire, Words: e.Name, Doc: e.Doc, Deprecated: noteOf(e.Deprecated),
			Channel: templateOf(e.Channel), Access: e.Access, Payload: typeOf(e.Payload), Pos: p.pos(e.Pos),
		})
	}
	for _, e := range m.Errors {
		out.Errors = append(out.Errors, irError{Name: e.Name, Code: e.Code, Doc: e.Doc, Data: typeOf(e.Data), Pos: p.pos(e.Pos)})
	}
	for _, t := range m.Types {
		out.Types = append(out.Types, p.named(t))
	}
	return out
}

func (p irPrinter) method(me *Method) irMethod {
	out := irMethod{
		Name: me.Wire, Words: me.Name, Doc: me.Doc, Deprecated: noteOf(me.Deprecated), Params: typeOf(me.Params), Result: typeOf(me.Result),
		Notify: me.Notify, Stream: me.Stream, Idempotent: me.Idempotent, TimeoutMS: me.TimeoutMS, Pos: p.pos(me.Pos),
	}
	if me.CancelOnDisconnect {
		out.Disconnect = "cancel"
	}
	if me.Channel != nil {
		channel := templateOf(*me.Channel)
		out.Channel = &channel
	}
	for _, e := range me.Errors {
		out.Errors = append(out.Errors, e.Name)
	}
	return out
}

func templateOf(t Template) irTemplate {
	out := irTemplate{Template: t.Text, Parts: []irPart{}}
	for _, part := range t.Parts {
		out.Parts = append(out.Parts, irPart(part))
	}
	return out
}

func (p irPrinter) named(n Named) irNamed {
	h := n.Head()
	out := irNamed{
		Name: h.Name, Inline: h.Inline, Use: useOf(h), Doc: h.Doc, Title: h.Title, Deprecated: noteOf(h.Deprecated),
		Examples: valuesOf(h.Examples), Pos: p.pos(h.Pos),
	}
	switch n := n.(type) {
	case *Object:
		out.Kind, out.Closed, out.Open, out.Extra = "object", n.Closed, n.Open, typeOf(n.Extra)
		for _, f := range n.Fields {
			out.Fields = append(out.Fields, p.field(f))
		}
	case *Enum:
		out.Kind, out.Base, out.Values = "enum", n.Base.String(), enumValuesOf(n.Values)
	case *Union:
		out.Kind, out.Tag = "union", n.Tag
		for _, v := range n.Variants {
			out.Variants = append(out.Variants, irVariant{typeOf(v.Type), valuesOf(v.Tags)})
		}
	case *Tuple:
		out.Kind, out.MinItems, out.Rest = "tuple", &n.Min, typeOf(n.Rest)
		for _, it := range n.Items {
			out.Items = append(out.Items, irItem{it.Name, typeOf(it.Type), it.Doc})
		}
	case *Alias:
		out.Kind, out.Target, out.Flags = "alias", typeOf(n.Target), enumValuesOf(n.Flags)
	default:
		panic(fmt.Sprintf("unexpected type %T", n))
	}
	return out
}

func (p irPrinter) field(f *Field) irField {
	return irField{
		Name: f.Wire, Words: f.Name, Type: typeOf(f.Type), Required: f.Required, Sent: f.Sent, Default: valueOf(f.Default),
		Doc: f.Doc, Title: f.Title, Deprecated: noteOf(f.Deprecated), ReadOnly: f.ReadOnly, WriteOnly: f.WriteOnly,
		Examples: valuesOf(f.Examples), Pos: p.pos(f.Pos),
	}
}

func enumValuesOf(values []EnumValue) []irEnumValue {
	var out []irEnumValue
	for _, v := range values {
		out = append(out, irEnumValue{valueOf(v.Value), v.Name, v.Doc})
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

func valueOf(n *text.Node) irValue {
	if n == nil {
		return nil
	}
	return irValue(n.JSON())
}

func valuesOf(nodes []*text.Node) []irValue {
	var out []irValue
	for _, n := range nodes {
		out = append(out, valueOf(n))
	}
	return out
}

// typeOf returns a type at its place of use: a named one is a reference.
func typeOf(t Type) *irType {
	switch t := t.(type) {
	case nil:
		return nil
	case *Null:
		return &irType{Kind: "null"}
	case *Any:
		return &irType{Kind: "any"}
	case *Scalar:
		return &irType{Kind: t.Kind.String(), Format: t.Format, Hint: t.Hint, Limits: limitsOf(t.Limits)}
	case *Nullable:
		return &irType{Kind: "nullable", Type: typeOf(t.Elem)}
	case *List:
		return &irType{Kind: "list", Items: typeOf(t.Elem), Unique: t.Unique, Limits: limitsOf(t.Limits)}
	case *Map:
		return &irType{Kind: "map", Keys: typeOf(t.Key), Values: typeOf(t.Value), Limits: limitsOf(t.Limits)}
	case Named:
		return &irType{Kind: "ref", Name: t.Head().Name}
	}
	panic(fmt.Sprintf("unexpected type %T", t))
}

func limitsOf(l *Limits) *irLimits {
	if l == nil {
		return nil
	}
	return &irLimits{
		Minimum: json.Number(l.Minimum), Maximum: json.Number(l.Maximum),
		ExclusiveMinimum: json.Number(l.ExclusiveMinimum), ExclusiveMaximum: json.Number(l.ExclusiveMaximum),
		MultipleOf: json.Number(l.MultipleOf),
		MinLength:  json.Number(l.MinLength), MaxLength: json.Number(l.MaxLength), Pattern: l.Pattern,
	}
}
