package golang

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// types prints types.go: every type of the API, and the declared errors.
func (g *generator) types() []byte {
	w := &typeWriter{g.newFile(0)}
	w.writeForeign()
	for _, t := range g.names.imports.Declared {
		if e, ok := t.(*schema.Enum); ok && g.names.isBare(e) {
			continue
		}
		w.b.Blank()
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
	for _, e := range g.plan.Errors {
		w.b.Blank()
		w.writeError(e)
	}
	return w.bytes("Package " + g.opt.Package + " is a client for " + g.title() + ".\n\n" + g.prose(g.plan.Info.Doc))
}

func (g *generator) title() string {
	if t := strings.Join(strings.Fields(g.plan.Info.Title), " "); t != "" {
		return t
	}
	return "the API"
}

// typeWriter prints declarations and notes which packages they need.
type typeWriter struct{ *file }

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
	members := w.members[o]
	fields := make([]column, 0, len(members)+2)
	for i := range members {
		m := &members[i]
		fields = append(fields, column{doc: w.memberDoc(m.Member), cells: []string{m.name, w.use(m.typ)}})
	}
	if w.plan.Object(o).TypedExtra {
		fields = append(fields, column{doc: "AdditionalProperties are the members with names of their own.",
			cells: []string{"AdditionalProperties", w.use(dict(goType{text: "string"}, w.names.typ(o.Extra, !o.Out)))}})
	}
	doc := "Extra holds the members that have no field, as they came."
	if o.Closed && !o.Out {
		doc = "Extra holds explicit nulls: the server takes no other members."
	}
	fields = append(fields, column{doc: doc, cells: []string{"Extra", w.use(extraType)}})
	comment(w.b, w.typeDoc(o))
	w.b.Block("type "+name+" struct {", func() { aligned(w.b, fields) }, "}")
	for i := range members {
		m := &members[i]
		if get := w.names.getters[m.Field]; get != "" {
			w.writeGetter(name, get, m)
		}
		if set := w.names.setNull[m.Field]; set != "" {
			w.writeSetNull(name, set, m)
		}
	}
}

// writeSetNull prints the method that sends an explicit null:
//
//	// SetDueNull sends due as null, which is not the same as leaving it out.
//	func (v *UpdateTaskParams) SetDueNull() { rpc.SetNull(&v.Due, &v.Extra, "due") }
func (w *typeWriter) writeSetNull(typ, set string, m *member) {
	w.imports |= importRPC
	w.b.Line()
	comment(w.b, set+" sends "+called(m.Wire)+" as null, which is not the same as leaving it out.")
	oneLineFunctions(w.b, []column{{cells: []string{
		"func (v *" + typ + ") " + set + "()", "rpc.SetNull(&v." + m.name + ", &v.Extra, " + m.wire + ")",
	}}})
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
	name, base := w.names.types[e], enumBase(e)
	doc := w.typeDoc(e)
	if base == jsonText {
		doc += "\n\nIt holds the value as JSON text: strings are in quotes."
	}
	comment(w.b, doc)
	w.b.Line("type ", name, " ", base.expr())
	w.writeConstants(e)
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

// writeConstants prints the values of an enum.
func (w *typeWriter) writeConstants(e *schema.Enum) {
	name, base := w.names.types[e], enumBase(e)
	w.b.Line()
	w.b.Line("// Known values of [", name, "].")
	lines := make([]column, len(e.Values))
	for i, v := range e.Values {
		lines[i] = column{doc: w.prose(v.Doc), cells: []string{w.names.values[e][i], name, "= " + base.literal(v.Value)}}
	}
	if len(lines) == 1 && lines[0].doc == "" {
		w.b.Line("const ", strings.Join(lines[0].cells, " "))
	} else {
		w.b.Block("const (", func() { aligned(w.b, lines) }, ")")
	}
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
		typ, _ := w.itemOf(t, i)
		fields = append(fields, column{doc: joinDoc(w.prose(it.Doc), w.facts.Type(it.Type)...), cells: []string{w.names.items[t][i], w.use(typ)}})
	}
	if t.Rest != nil {
		fields = append(fields, column{doc: "Rest holds further items.", cells: []string{"Rest", w.use(list(w.names.typ(t.Rest, !t.Out)))}})
	}
	if keepsItems(t) {
		fields = append(fields, column{doc: "Extra holds items that a newer server added, as they came.",
			cells: []string{"Extra", w.use(list(rawType))}})
	}
	if w.countsItems(t) {
		fields = append(fields, column{doc: "count is how many items were read: nil is null for those, and left out else.",
			cells: []string{"count", "int"}})
	}
	comment(w.b, w.typeDoc(t)+"\n\nIt is an array in JSON.")
	if len(fields) == 0 {
		w.b.Line("type ", w.names.types[t], " struct{}")
		return
	}
	w.b.Block("type "+w.names.types[t]+" struct {", func() { aligned(w.b, fields) }, "}")
}

// countsItems tells whether a tuple has items that may be null and may be left out.
func (g *generator) countsItems(t *schema.Tuple) bool {
	return slices.ContainsFunc(t.Items[t.Min:], func(it schema.TupleItem) bool {
		_, null := g.names.stripNull(it.Type)
		return null
	})
}

// keepsItems tells whether a tuple can come with more items than are declared.
func keepsItems(t *schema.Tuple) bool { return t.Out && t.Rest == nil }

// writeAlias prints a name for a type: "type TaskID = string". Lists and maps
// are types of their own, so that they may hold themselves.
func (w *typeWriter) writeAlias(a *schema.Alias) {
	comment(w.b, w.typeDoc(a))
	inner, _ := w.names.stripNull(a.Target)
	expr := w.use(w.names.base(inner, !a.Out))
	if isDefined(a) {
		w.b.Line("type ", w.names.types[a], " ", expr)
	} else {
		w.b.Line("type ", w.names.types[a], " = ", expr)
	}
	w.writeFlags(a)
}

// writeFlags prints the constants that the values of an integer are made of:
//
//	// Flags of [Rights], which can be combined with |.
//	const (
//		RightsRead  Rights = 1
//		RightsWrite Rights = 2
//	)
func (w *typeWriter) writeFlags(a *schema.Alias) {
	var lines []column
	for i, flag := range a.Flags {
		if value, ok := scalarLiteral(schema.Integer, flag.Value); ok && !isWide(a) {
			lines = append(lines, column{doc: w.prose(flag.Doc), cells: []string{w.names.flags[a][i], w.names.types[a], "= " + value}})
		}
	}
	if lines == nil {
		return
	}
	w.b.Line()
	w.b.Line("// Flags of [", w.names.types[a], "], which can be combined with |.")
	w.b.Block("const (", func() { aligned(w.b, lines) }, ")")
}

// writeError prints the type of a declared error:
//
//	// TaskNotFoundError is the error 404 of tasks.get.
//	type TaskNotFoundError struct {
//		*rpc.ServerError
//		Data TaskNotFoundData
//	}
//
//	// Unwrap returns the [rpc.Error].
//	func (e *TaskNotFoundError) Unwrap() error { return e.ServerError }
func (w *typeWriter) writeError(e *schema.APIError) {
	w.imports |= importRPC
	name := w.names.errors[e]
	comment(w.b, joinDoc(name+" is the error "+strconv.FormatInt(e.Code, 10)+".", w.prose(e.Doc))+"\n\nFind it with [errors.As].")
	w.b.Block("type "+name+" struct {", func() {
		w.b.Line("*rpc.ServerError")
		if e.Data != nil {
			w.b.Line("// Data is the zero value where the server sent none that fits.")
			w.b.Line("Data ", w.use(w.names.typeOf(e.Data)))
		}
	}, "}")
	w.b.Line()
	w.b.Line("// Unwrap returns the [rpc.Error].")
	oneLineFunctions(w.b, []column{{cells: []string{"func (e *" + name + ") Unwrap() error", "return e.ServerError"}}})
}

// quoteJSON is [quote] for JSON. HTML characters stay as they are.
func quoteJSON(s string) string {
	return (&text.Node{Kind: text.KindString, Text: s}).JSON()
}
