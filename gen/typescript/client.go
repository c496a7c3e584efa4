package typescript

import (
	"slices"
	"strconv"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

// clientFile prints client.ts. Types are written as types.Task, so that a model
// called Promise hides nothing that this file uses.
type clientFile struct {
	*emit.Buffer
	names     *names
	usesTypes bool
	imports   []string // names of rpc-client.ts that are used as values
	types     []string // names of rpc-client.ts that are used as types only
}

// writeClient prints the error classes, a descriptor for every method and event, and
// APIClient, whose methods only hand these on.
func writeClient(m *schema.Model, n *names) []byte {
	f := &clientFile{Buffer: emit.New(indent, lineWidth), names: n, types: []string{"RPCCaller"}}
	for _, e := range m.Errors {
		f.writeError(e)
	}
	for _, me := range m.Methods {
		f.writeMethodDescriptor(me)
	}
	for _, e := range m.Events {
		f.writeEventDescriptor(e)
	}
	f.writeAPIClient(m)
	head := f.head()
	head.Append(f.Buffer)
	return head.Bytes()
}

// head is written last, when it is known what must be imported.
func (f *clientFile) head() *emit.Buffer {
	b := emit.New(indent, lineWidth)
	b.Line(header)
	b.Blank()
	specifiers := make([]doc, 0, len(f.imports)+len(f.types))
	keyword := "import"
	slices.Sort(f.imports)
	slices.Sort(f.types)
	for _, i := range slices.Compact(f.imports) {
		specifiers = append(specifiers, raw(i))
	}
	mark := "type "
	if len(specifiers) == 0 {
		keyword, mark = "import type", ""
	}
	for _, i := range slices.Compact(f.types) {
		specifiers = append(specifiers, raw(mark+i))
	}
	printDoc(b, importDoc(keyword, specifiers, "./rpc-client.js"))
	if f.usesTypes {
		b.Line(`import type * as types from "./types.js";`)
	}
	b.Blank()
	return b
}

// importDoc is `import { a, b } from "module";`, which stays on one line, however
// long, when it has a single specifier.
func importDoc(keyword string, specifiers []doc, module string) doc {
	from := raw(` from "` + module + `";`)
	if len(specifiers) == 1 {
		return concat(raw(keyword+" { "), specifiers[0], raw(" }"), from)
	}
	inner := []doc{line}
	for i, s := range specifiers {
		if i > 0 {
			inner = append(inner, raw(","), line)
		}
		inner = append(inner, s)
	}
	return concat(group(raw(keyword+" {"), indented(inner...), ifBroken(raw(",")), line, raw("}")), from)
}

// typeExpr writes a type as client.ts sees it.
func (f *clientFile) typeExpr(t schema.Type) expr {
	e := f.names.typeExpr(t, "types.")
	schema.Walk(t, func(part schema.Type) bool {
		named, ok := part.(schema.Named)
		if ok && !f.names.inPlace(named) {
			f.usesTypes = true
			return false
		}
		return true
	})
	return e
}

// resultExpr is what a call of m resolves to.
func (f *clientFile) resultExpr(m *schema.Method) expr {
	if isVoid(m) {
		return name("void")
	}
	return f.typeExpr(m.Result)
}

func isVoid(m *schema.Method) bool {
	if m.Result == nil || m.Notify {
		return true
	}
	_, null := schema.Resolve(m.Result).(*schema.Null)
	return null
}

// writeError prints the class of a declared error:
//
//	/** Thrown for the error code 404. */
//	export class TaskNotFound extends RPCError<types.TaskNotFoundData> {
//	  static readonly code = 404;
//	  override readonly name: string = "TaskNotFound";
//	}
func (f *clientFile) writeError(e *schema.APIError) {
	f.imports = append(f.imports, "RPCError")
	f.Blank()
	comment{body: []string{e.Doc, "The server answers with code " + strconv.FormatInt(e.Code, 10) + "."}}.write(f.Buffer)
	base := raw("RPCError")
	if e.Data != nil {
		base = generic("RPCError", f.typeExpr(e.Data)).doc(placeAnnotation)
	}
	printDoc(f.Buffer, concat(raw("export class "+f.names.errors[e]+" extends "), base, raw(" {")))
	f.Indent(func() {
		f.Line("static readonly code = ", strconv.FormatInt(e.Code, 10), ";")
		literal := quote(e.Name) + ";"
		if one := "override readonly name: string = " + literal; f.Fits(one) {
			f.Line(one)
			return
		}
		f.Line("override readonly name: string =")
		f.Indent(func() { f.Line(literal) })
	})
	f.Line("}")
}

// writeMethodDescriptor prints what the runtime has to know of a method:
//
//	const tasksGet: RPCMethod<types.Task> = {
//	  name: "tasks.get",
//	  errors: [TaskNotFound],
//	  idempotent: true,
//	};
func (f *clientFile) writeMethodDescriptor(m *schema.Method) {
	f.types = append(f.types, "RPCMethod")
	f.Blank()
	left := concat(raw("const "+f.names.calls[m]+": "), generic("RPCMethod", f.resultExpr(m)).doc(placeAnnotation))
	writeConstant(f.Buffer, left, func() {
		writeString(f.Buffer, "name", m.Wire)
		if len(m.Errors) > 0 {
			classes := make([]doc, len(m.Errors))
			for i, e := range m.Errors {
				classes[i] = raw(f.names.errors[e])
			}
			printDoc(f.Buffer, concat(group(commaList("errors: [", classes, "]", ",")), raw(",")))
		}
		if m.Notify {
			f.Line("notify: true,")
		}
		if m.Idempotent {
			f.Line("idempotent: true,")
		}
		if m.TimeoutMS > 0 {
			f.Line("timeoutMs: ", strconv.FormatInt(m.TimeoutMS, 10), ",")
		}
		if !isVoid(m) && !schema.IsNullable(m.Result) {
			f.Line("returnsValue: true,")
		}
	}, "};")
}

// writeEventDescriptor prints what the runtime has to know of an event:
//
//	const taskUpdated: RPCEvent<types.TaskUpdated> = {
//	  name: "task.updated",
//	  channel: "tasks:{project_id}",
//	};
func (f *clientFile) writeEventDescriptor(e *schema.Event) {
	f.types = append(f.types, "RPCEvent")
	f.Blank()
	left := concat(raw("const "+f.names.sources[e]+": "), generic("RPCEvent", f.typeExpr(e.Payload)).doc(placeAnnotation))
	writeConstant(f.Buffer, left, func() {
		writeString(f.Buffer, "name", e.Wire)
		writeString(f.Buffer, "channel", e.Channel.Text)
	}, "};")
}

// writeString prints `key: "value",`, with the value on a line of its own if it must.
// Next to a short key it stays, as prettier does it.
func writeString(b *emit.Buffer, key, value string) {
	v := quote(value) + ","
	if emit.Width(key) >= 5 && !b.Fits(key+": "+v) {
		b.Line(key, ":")
		b.Indent(func() { b.Line(v) })
		return
	}
	b.Line(key, ": ", v)
}

// writeAPIClient prints the class with a method for each RPC method and event.
func (f *clientFile) writeAPIClient(m *schema.Model) {
	f.Blank()
	title := "The API's methods and events."
	if m.Info.Title != "" {
		title = "Methods and events of " + m.Info.Title + "."
	}
	comment{body: []string{title, m.Info.Doc}}.write(f.Buffer)
	f.Block("export class APIClient {", func() {
		f.Line("readonly rpc: RPCCaller;")
		f.Blank()
		comment{body: []string{"`rpc` is a CentrifugoRPCClient, or a stand-in for tests."}}.write(f.Buffer)
		f.Block("constructor(rpc: RPCCaller) {", func() { f.Line("this.rpc = rpc;") }, "}")
		for _, me := range m.Methods {
			f.writeMethod(me)
		}
		for _, e := range m.Events {
			f.writeEvent(e)
		}
	}, "}")
}

// writeMethod prints a call:
//
//	/** Return one task. */
//	tasksGet(
//	  params: types.GetTaskParams,
//	  options?: CallOptions,
//	): Promise<types.Task> {
//	  return this.rpc.call(tasksGet, params, options);
//	}
func (f *clientFile) writeMethod(m *schema.Method) {
	f.types = append(f.types, "CallOptions")
	f.Blank()
	c := comment{body: []string{m.Doc, "RPC method: " + code(m.Wire) + "."}, deprecated: m.Deprecated}
	for _, e := range m.Errors {
		c.throws = append(c.throws, f.names.errors[e])
	}
	c.write(f.Buffer)
	params, given := f.paramsDoc(m)
	f.writeSignature(f.names.methods[m], append(params, raw("options?: CallOptions")), generic("Promise", f.resultExpr(m)), " {")
	f.Indent(func() { f.writeReturn("this.rpc.call(", f.names.calls[m], given, "options") })
	f.Line("}")
}

// paramsDoc returns the declaration of a method's params, if it takes any, and what
// to hand on. They may be left out where only constants must be there.
func (f *clientFile) paramsDoc(m *schema.Method) (params []doc, given string) {
	if m.Params == nil {
		return nil, "undefined"
	}
	declared := []doc{raw("params: "), f.typeExpr(m.Params).doc(placeAnnotation)}
	if schema.AllOptional(m.Params) {
		declared = append(declared, raw(" = "), constantsDoc(m.Params))
	}
	return []doc{concat(declared...)}, "params"
}

// constantsDoc is the smallest value of params: "{}", or `{ kind: "label" }`.
func constantsDoc(params schema.Type) doc {
	var members []doc
	if o, ok := schema.Resolve(params).(*schema.Object); ok {
		for _, field := range o.Fields {
			if c := schema.ConstOf(field.Type); c != nil {
				members = append(members, raw(literalKey(field.Wire)+": "+valueLiteral(c)))
			}
		}
	}
	if members == nil {
		return raw("{}")
	}
	inner := []doc{line}
	for i, member := range members {
		if i > 0 {
			inner = append(inner, raw(","), line)
		}
		inner = append(inner, member)
	}
	return group(raw("{"), indented(inner...), ifBroken(raw(",")), line, raw("}"))
}

// writeEvent prints a subscription in two forms, with a handler and for `for await`:
//
//	onTaskUpdated(
//	  channel: types.TaskUpdatedChannel,
//	  handler: EventHandler<types.TaskUpdated>,
//	  options?: SubscribeOptions,
//	): Unsubscribe;
//	onTaskUpdated(
//	  channel: types.TaskUpdatedChannel,
//	  options?: SubscribeOptions,
//	): AsyncIterable<types.TaskUpdated>;
//	onTaskUpdated(
//	  channel: types.TaskUpdatedChannel,
//	  ...rest: EventArgs<types.TaskUpdated>
//	): Unsubscribe | AsyncIterable<types.TaskUpdated> {
//	  return listen(this.rpc, taskUpdated, channel, rest);
//	}
func (f *clientFile) writeEvent(e *schema.Event) {
	f.imports = append(f.imports, "listen")
	f.types = append(f.types, "EventArgs", "EventHandler", "SubscribeOptions", "Unsubscribe")
	payload := f.typeExpr(e.Payload)
	called := f.names.events[e]
	given := "undefined"
	var params []doc
	if channel := f.names.channels[e]; channel != "" {
		f.usesTypes = true
		given = "channel"
		params = []doc{raw("channel: types." + channel)}
	}
	handler := concat(raw("handler: "), generic("EventHandler", payload).doc(placeAnnotation))
	rest := concat(raw("...rest: "), generic("EventArgs", payload).doc(placeAnnotation))
	options := raw("options?: SubscribeOptions")
	events := generic("AsyncIterable", payload)

	f.Blank()
	c := comment{body: []string{e.Doc, "Event: " + code(e.Wire) + "."}, deprecated: e.Deprecated}
	c.write(f.Buffer)
	f.writeSignature(called, append(slices.Clip(params), handler, options), name("Unsubscribe"), ";")
	c.write(f.Buffer)
	f.writeSignature(called, append(slices.Clip(params), options), events, ";")
	f.writeRestSignature(called, append(slices.Clip(params), rest), union(name("Unsubscribe"), events))
	f.Indent(func() { f.writeReturn("listen(", "this.rpc", f.names.sources[e], given, "rest") })
	f.Line("}")
}

func (f *clientFile) writeSignature(called string, params []doc, result expr, end string) {
	printDoc(f.Buffer, concat(group(commaList(called+"(", params, ")", ","), raw(": "), result.doc(placeAnnotation)), raw(end)))
}

// writeRestSignature is for a last parameter that no comma may follow.
func (f *clientFile) writeRestSignature(called string, params []doc, result expr) {
	printDoc(f.Buffer, concat(group(commaList(called+"(", params, ")", ""), raw(": "), result.doc(placeAnnotation)), raw(" {")))
}

func (f *clientFile) writeReturn(open string, args ...string) {
	docs := make([]doc, len(args))
	for i, a := range args {
		docs[i] = raw(a)
	}
	printDoc(f.Buffer, concat(group(commaList("return "+open, docs, ")", ",")), raw(";")))
}

// writeIndex prints index.ts.
func writeIndex() []byte {
	b := emit.New(indent, lineWidth)
	b.Line(header)
	b.Blank()
	for _, module := range []string{"client", "rpc-client", "types"} {
		b.Line(`export * from "./`, module, `.js";`)
	}
	return b.Bytes()
}

var _ gen.Func = Generate
