package golang

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// types prints types.go: every type of the API, and the declared errors.
func (g *generator) types() []byte {
	b := newBuffer()
	w := &typeWriter{generator: g, b: b}
	for _, t := range g.model.Types {
		b.Blank()
		switch t := t.(type) {
		case *schema.Object:
			w.writeObject(t)
		case *schema.Enum:
			w.writeEnum(t)
		case *schema.Union:
			w.writeUnion(t)
		case *schema.Tuple:
			w.writeTuple(t)
		case *schema.Alias:
			w.writeAlias(t)
		default:
			panic(unknownType(t))
		}
	}
	for _, e := range g.model.Errors {
		b.Blank()
		w.writeError(e)
	}
	head := newBuffer()
	head.Raw(header)
	head.Line()
	comment(head, "Package "+g.opt.Package+" is a client for "+g.title()+"."+paragraphOf(g.model.Info.Doc))
	head.Line("package ", g.opt.Package)
	head.Line()
	writeImports(head, w.imports())
	head.Append(b)
	return head.Bytes()
}

func (g *generator) title() string {
	if t := strings.Join(strings.Fields(g.model.Info.Title), " "); t != "" {
		return t
	}
	return "the API"
}

func paragraphOf(text string) string {
	if text == "" {
		return ""
	}
	return "\n\n" + text
}

// typeWriter prints declarations and notes which packages they need.
type typeWriter struct {
	*generator
	b         *emit.Buffer
	json, big bool
}

func (w *typeWriter) imports() []string {
	var paths []string
	if w.json {
		paths = append(paths, "encoding/json")
	}
	if w.big {
		paths = append(paths, "math/big")
	}
	return paths
}

// use notes what a type's expression needs.
func (w *typeWriter) use(expr string) string {
	w.json = w.json || strings.Contains(expr, "json.")
	w.big = w.big || strings.Contains(expr, "big.")
	return expr
}

// writeObject prints a struct:
//
//	// TaskStatsParams: Whose tasks to count.
//	type TaskStatsParams struct {
//		UserID string
//		// Only these projects.
//		ProjectIDs []string
//		// Extra holds the members that have no field.
//		Extra map[string]json.RawMessage
//	}
func (w *typeWriter) writeObject(o *schema.Object) {
	name := w.names.types[o]
	fields := make([]column, 0, len(o.Fields)+2)
	for i, f := range o.Fields {
		fields = append(fields, column{doc: fieldDoc(f), cells: []string{w.names.fields[o][i], w.use(w.fieldExpr(o, i))}})
	}
	if typedExtra(o) {
		fields = append(fields, column{doc: "AdditionalProperties are the members with names of their own.",
			cells: []string{"AdditionalProperties", "map[string]" + w.use(w.names.typeExpr(o.Extra))}})
	}
	doc := "Extra holds the members that have no field, as they came."
	if o.Closed && !o.Out {
		doc = "Extra holds explicit nulls: the server takes no other members."
	}
	fields = append(fields, column{doc: doc, cells: []string{"Extra", "map[string]" + w.use("json.RawMessage")}})
	comment(w.b, w.typeDoc(o))
	w.b.Block("type "+name+" struct {", func() { aligned(w.b, fields) }, "}")
	for i, f := range o.Fields {
		if set := w.names.setNull[f]; set != "" {
			w.writeSetNull(name, set, w.names.fields[o][i], f)
		}
	}
}

// typedExtra tells whether members that are not declared have a type.
func typedExtra(o *schema.Object) bool {
	if o.Extra == nil {
		return false
	}
	_, untyped := core(o.Extra).(*schema.Any)
	return !untyped
}

// writeSetNull prints the method that sends an explicit null:
//
//	// SetDueNull sends due as null, which is not the same as leaving it out.
//	func (v *UpdateTaskParams) SetDueNull() {
//		v.Due = nil
//		v.Extra = withNull(v.Extra, "due")
//	}
func (w *typeWriter) writeSetNull(typ, set, field string, f *schema.Field) {
	w.b.Line()
	comment(w.b, set+" sends "+f.Wire+" as null, which is not the same as leaving it out.")
	w.b.Block("func (v *"+typ+") "+set+"() {", func() {
		w.b.Line("v.", field, " = nil")
		w.b.Line("v.Extra = withNull(v.Extra, ", quote(f.Wire), ")")
	}, "}")
}

// writeEnum prints a named type with its constants:
//
//	// TaskStatus: Where a task stands.
//	type TaskStatus string
//
//	// Known values of [TaskStatus].
//	const (
//		TaskStatusOpen TaskStatus = "open"
//		TaskStatusDone TaskStatus = "done"
//	)
//
//	// IsKnown tells whether v is one of the constants.
//	func (v TaskStatus) IsKnown() bool {
func (w *typeWriter) writeEnum(e *schema.Enum) {
	name := w.names.types[e]
	doc := w.typeDoc(e)
	if enumBase(e) == jsonText {
		doc += "\n\nIt holds the value as JSON text: strings are in quotes."
	}
	comment(w.b, doc)
	w.b.Line("type ", name, " ", enumBase(e).expr())
	w.b.Line()
	w.b.Line("// Known values of [", name, "].")
	lines := make([]column, len(e.Values))
	for i, v := range e.Values {
		lines[i] = column{doc: v.Doc, cells: []string{w.names.values[e][i], name, "= " + enumLiteral(e, v)}}
	}
	if len(lines) == 1 && lines[0].doc == "" {
		w.b.Line("const ", strings.Join(lines[0].cells, " "))
	} else {
		w.b.Block("const (", func() { aligned(w.b, lines) }, ")")
	}
	w.b.Line()
	w.b.Line("// IsKnown tells whether v is one of the constants.")
	w.b.Block("func (v "+name+") IsKnown() bool {", func() {
		if len(e.Values) == 1 {
			w.b.Line("return v == ", w.names.values[e][0])
			return
		}
		w.b.Line("switch v {")
		w.b.Line("case ", strings.Join(w.names.values[e], ", "), ":")
		w.b.Indent(func() { w.b.Line("return true") })
		w.b.Line("}")
		w.b.Line("return false")
	}, "}")
}

// goBase is the Go type below an enum.
type goBase int

const (
	goString goBase = iota
	goInt
	goFloat
	goBool
	jsonText // values of several types, or numbers that Go's types cannot hold
)

func (g goBase) expr() string {
	return [...]string{"string", "int64", "float64", "bool", "string"}[g]
}

// codec is what the runtime's functions for the type end with.
func (g goBase) codec() string {
	return [...]string{"String", "Int", "Float", "Bool", "Text"}[g]
}

func enumBase(e *schema.Enum) goBase {
	switch e.Base {
	case schema.String:
		return goString
	case schema.Integer:
		for _, v := range e.Values {
			if _, err := strconv.ParseInt(v.Value.Text, 10, 64); err != nil {
				return jsonText
			}
		}
		return goInt
	case schema.Number:
		seen := map[float64]bool{}
		for _, v := range e.Values {
			f, err := strconv.ParseFloat(v.Value.Text, 64)
			if err != nil || seen[f] {
				return jsonText
			}
			seen[f] = true
		}
		return goFloat
	case schema.Boolean:
		return goBool
	}
	return jsonText
}

func enumLiteral(e *schema.Enum, v schema.EnumValue) string {
	switch base := enumBase(e); {
	case base == jsonText:
		return quote(v.Value.JSON())
	case v.Value.Kind == text.KindString:
		return quote(v.Value.Text)
	case base == goInt:
		n, _ := new(big.Int).SetString(v.Value.Text, 10)
		return n.String()
	default:
		return v.Value.Text
	}
}

// writeUnion prints a struct that holds a value of one of several types:
//
//	// Attachment is a [FileAttachment], a [LinkAttachment] or, …
//	type Attachment struct {
//		Value AttachmentVariant
//	}
//
//	// AttachmentVariant is what an [Attachment] can hold.
//	type AttachmentVariant interface {
//		isAttachment()
//	}
//
//	func (FileAttachment) isAttachment() {}
func (w *typeWriter) writeUnion(u *schema.Union) {
	name, sealed := w.names.types[u], w.names.sealed[u]
	variants := w.names.variants[u]
	comment(w.b, w.unionDoc(u))
	w.b.Block("type "+name+" struct {", func() { w.b.Line("Value ", sealed) }, "}")
	w.b.Line()
	comment(w.b, sealed+" is what the Value of a ["+name+"] can be.")
	w.b.Block("type "+sealed+" interface {", func() { w.b.Line("is", name, "()") }, "}")
	for _, v := range variants {
		if v.wrapper {
			w.b.Line()
			comment(w.b, v.goName+" is a case of ["+name+"].")
			w.b.Line("type ", v.goName, " ", w.wrapped(v))
		}
	}
	w.b.Line()
	lines := make([]column, 0, len(variants)+1)
	for _, v := range variants {
		lines = append(lines, column{cells: []string{"func (" + v.goName + ") is" + name + "()", "{}"}})
	}
	if u.Out {
		lines = append(lines, column{cells: []string{"func (UnknownVariant) is" + name + "()", "{}"}})
	}
	aligned(w.b, lines)
}

// wrapped is the type below a wrapper: one that may have methods.
func (w *typeWriter) wrapped(v variant) string {
	expr := w.use(w.names.baseExpr(v.typ))
	if isWide(v.typ) {
		return "struct{ " + expr + " }"
	}
	return expr
}

func isWide(t schema.Type) bool {
	s, ok := t.(*schema.Scalar)
	return ok && s.Wide()
}

// unionDoc says what a union can hold and how to make and read one.
func (w *typeWriter) unionDoc(u *schema.Union) string {
	name := w.names.types[u]
	var cases []string
	for _, v := range w.names.variants[u] {
		cases = append(cases, "["+v.goName+"]")
	}
	var b strings.Builder
	b.WriteString(w.typeDoc(u) + "\n\nIts Value is one of " + strings.Join(cases, ", "))
	if u.Out {
		b.WriteString(", or an [UnknownVariant] from a newer server")
	}
	first := w.names.variants[u][0].goName
	b.WriteString(":\n\n```\nx := " + name + "{Value: " + exampleOf(w.names.variants[u][0]) + "}\n" +
		"switch v := x.Value.(type) {\ncase " + first + ":\n\tuse(v)\n}\n```")
	return b.String()
}

func exampleOf(v variant) string {
	switch t := v.typ.(type) {
	case *schema.Scalar:
		if t.Wide() {
			return v.goName + "{big.NewInt(1)}"
		}
		return v.goName + "(" + [...]string{`"…"`, "1", "1.5", "true"}[t.Kind] + ")"
	case *schema.Enum:
		return v.goName + "(…)"
	case *schema.Any:
		return v.goName + "(`{}`)"
	}
	return v.goName + "{}"
}

// writeTuple prints a struct with a field for each place:
//
//	type TaskEffort struct {
//		V0 int64
//		V1 TaskEffortV1
//	}
func (w *typeWriter) writeTuple(t *schema.Tuple) {
	fields := make([]column, 0, len(t.Items)+1)
	for i, it := range t.Items {
		fields = append(fields, column{doc: joinDoc(it.Doc, narrowing(it.Type)), cells: []string{w.names.items[t][i], w.use(w.itemExpr(t, i))}})
	}
	if t.Rest != nil {
		fields = append(fields, column{doc: "Rest holds further items.", cells: []string{"Rest", "[]" + w.use(w.names.typeExpr(t.Rest))}})
	}
	if keepsItems(t) {
		fields = append(fields, column{doc: "Extra holds items that a newer server added, as they came.",
			cells: []string{"Extra", "[]" + w.use("json.RawMessage")}})
	}
	comment(w.b, w.typeDoc(t)+"\n\nIt is an array in JSON.")
	if len(fields) == 0 {
		w.b.Line("type ", w.names.types[t], " struct{}")
		return
	}
	w.b.Block("type "+w.names.types[t]+" struct {", func() { aligned(w.b, fields) }, "}")
}

// keepsItems tells whether a tuple can come with more items than are declared.
func keepsItems(t *schema.Tuple) bool { return t.Out && t.Rest == nil }

// writeAlias prints a name for a type: "type TaskID = string". Lists and maps
// are types of their own, so that they may hold themselves.
func (w *typeWriter) writeAlias(a *schema.Alias) {
	comment(w.b, w.typeDoc(a))
	inner, _ := stripNull(a.Target)
	expr := w.use(w.names.baseExpr(inner))
	if isDefined(a) {
		w.b.Line("type ", w.names.types[a], " ", expr)
	} else {
		w.b.Line("type ", w.names.types[a], " = ", expr)
	}
}

// writeError prints the type of a declared error:
//
//	// TaskNotFound is the error 404 of tasks.get.
//	type TaskNotFound struct {
//		*RPCError
//		Data TaskNotFoundData
//	}
//
//	// Unwrap returns the [RPCError].
//	func (e *TaskNotFound) Unwrap() error {
//		return e.RPCError
//	}
func (w *typeWriter) writeError(e *schema.APIError) {
	name := w.names.errors[e]
	comment(w.b, name+" is the error "+strconv.FormatInt(e.Code, 10)+continued(e.Doc)+
		"\n\nFind it with [errors.As].")
	if e.Data == nil {
		w.b.Block("type "+name+" struct {", func() { w.b.Line("*RPCError") }, "}")
	} else {
		w.b.Block("type "+name+" struct {", func() {
			w.b.Line("*RPCError")
			w.b.Line("// Data is the zero value where the server sent none that fits.")
			w.b.Line("Data ", w.use(w.names.typeExpr(e.Data)))
		}, "}")
	}
	w.b.Line()
	w.b.Line("// Unwrap returns the [RPCError].")
	w.b.Block("func (e *"+name+") Unwrap() error {", func() { w.b.Line("return e.RPCError") }, "}")
}

// continued goes on after half a sentence.
func continued(text string) string {
	if text == "" {
		return "."
	}
	return ". " + text
}

// typeDoc is a type's description, or what it is for.
func (w *typeWriter) typeDoc(t schema.Named) string {
	h := t.Head()
	name := w.names.types[t]
	var text string
	switch {
	case h.Doc != "":
		text = name + ": " + h.Doc
	case h.Title != "":
		text = name + ": " + h.Title + "."
	case w.purpose(t) != "":
		text = fmt.Sprintf("%s: %s.", name, w.purpose(t))
	default:
		text = name + " is a type of the API."
	}
	if a, ok := t.(*schema.Alias); ok {
		text = joinDoc(text, narrowing(a.Target))
	}
	return joinDoc(text, examples(h.Examples)) + deprecation(h.Deprecated)
}
