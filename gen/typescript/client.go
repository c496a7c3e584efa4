package typescript

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/markup"
	"github.com/wsgen/wsgen/schema"
)

// clientFile prints client.ts. Types are written as types.Task, so that a model
// called Promise hides nothing that this file uses.
type clientFile struct {
	*emit.Buffer
	names     *names
	usesTypes bool
	imports   map[string]bool // names of rpc-client.ts, "type " before those that are only types

	codecs     bool // codecs.ts is used
	temporal   bool
	converters map[converter]bool // those that are used here
}

// writeClient prints the error classes, a descriptor for every method and event, and
// APIClient, whose methods only hand these on.
func writeClient(n *names) []byte {
	f := &clientFile{Buffer: emit.New(indent, lineWidth), names: n, imports: map[string]bool{"type RPCCaller": true}, converters: map[converter]bool{}}
	for _, e := range n.plan.Errors {
		f.writeError(e)
	}
	for _, c := range n.plan.Calls {
		f.writeMethodDescriptor(c)
	}
	for _, s := range n.plan.Subscriptions {
		f.writeEventDescriptor(s)
	}
	f.writeMethods()
	f.writeEvents()
	f.writeAPIClient()
	head := f.head()
	head.Append(f.Buffer)
	return head.Bytes()
}

// head is written last, when it is known what must be imported.
func (f *clientFile) head() *emit.Buffer {
	b := emit.New(indent, lineWidth)
	b.Line(header)
	b.Blank()
	if f.codecs {
		writeImport(b, []string{"codec"}, "./codecs"+f.names.extension)
	}
	writeImport(b, slices.Sorted(maps.Keys(f.imports)), "./rpc-client"+f.names.extension)
	writeConverterImports(b, f.converters, f.names.extension)
	if f.temporal {
		writeImport(b, []string{"type Temporal"}, "./rpc/temporal"+f.names.extension)
	}
	if f.usesTypes {
		b.Line(`import type * as types from "./types`, f.names.extension, `";`)
	}
	b.Blank()
	return b
}

// use notes which names of rpc-client.ts are used; those that are only types begin
// with "type ".
func (f *clientFile) use(names ...string) {
	for _, n := range names {
		f.imports[n] = true
	}
}

// writeImport prints the import of names from a module, if there are any. Those that
// are only types begin with "type ", and come last.
func writeImport(b *emit.Buffer, names []string, module string) {
	if len(names) == 0 {
		return
	}
	keyword := "import"
	isType := func(n string) bool { return strings.HasPrefix(n, "type ") }
	if !slices.ContainsFunc(names, func(n string) bool { return !isType(n) }) {
		keyword = "import type"
	}
	var values, types []doc
	for _, n := range names {
		switch {
		case !isType(n):
			values = append(values, raw(n))
		case keyword == "import":
			types = append(types, raw(n))
		default:
			types = append(types, raw(strings.TrimPrefix(n, "type ")))
		}
	}
	printDoc(b, importDoc(keyword, append(values, types...), module))
}

// importDoc is `import { a, b } from "module";`, which stays on one line, however
// long, when it has a single specifier.
func importDoc(keyword string, specifiers []doc, module string) doc {
	from := raw(` from "` + module + `";`)
	if len(specifiers) == 1 {
		return concat(raw(keyword+" { "), specifiers[0], raw(" }"), from)
	}
	return concat(braces(keyword+" ", specifiers, ","), from)
}

// typeExpr writes a type as client.ts sees it: as results have it, or as params do.
func (f *clientFile) typeExpr(t schema.Type, input bool) expr {
	e := f.names.typeExpr(t, use{qualifier: "types.", input: input})
	e.eachName(func(called string) {
		if runtimeTypes[called] {
			f.use("type " + called)
		}
		f.temporal = f.temporal || isTemporal(called)
		f.usesTypes = f.usesTypes || strings.HasPrefix(called, "types.")
	})
	return e
}

// resultExpr is what a call resolves to.
func (f *clientFile) resultExpr(c *plan.Call) expr {
	if c.Result == nil {
		return name("void")
	}
	return f.typeExpr(c.Result, false)
}

// writeError prints the class of a declared error:
//
//	/** Thrown for the error code 404. */
//	export class TaskNotFound extends RPCError<types.TaskNotFoundData> {
//	  static readonly code = 404;
//	  override readonly name: string = "TaskNotFound";
//	}
func (f *clientFile) writeError(e *schema.APIError) {
	f.use("RPCError")
	f.Blank()
	comment{body: []string{markup.Markdown(e.Doc), "The server answers with code " + strconv.FormatInt(e.Code, 10) + "."}}.write(f.Buffer)
	base := raw("RPCError")
	if e.Data != nil {
		base = generic("RPCError", f.typeExpr(e.Data, false)).doc(placeAnnotation)
	}
	printDoc(f.Buffer, concat(raw("export class "+f.names.errors[e]+" extends "), base, raw(" {")))
	f.Indent(func() {
		f.Line("static readonly code = ", strconv.FormatInt(e.Code, 10), ";")
		f.writeCodec("static readonly dataCodec = ", e.Data, ";")
		printDoc(f.Buffer, concat(raw("override readonly name: string ="), group(indented(line, raw(quote(e.Name)))), raw(";")))
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
func (f *clientFile) writeMethodDescriptor(c *plan.Call) {
	kind := "RPCMethod"
	if c.Stream {
		kind = "RPCStreamMethod"
		f.use("readStream")
	}
	f.use("type " + kind)
	f.Blank()
	m := c.Method
	left := concat(raw("const "+f.names.calls[m]+": "), generic(kind, f.resultExpr(c)).doc(placeAnnotation))
	writeConstant(f.Buffer, left, func() {
		writeString(f.Buffer, "name", m.Wire)
		if m.Channel != nil {
			writeString(f.Buffer, "channel", m.Channel.Text)
		}
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
		if m.Stream {
			f.Line("stream: readStream,")
		}
		if m.Idempotent {
			f.Line("idempotent: true,")
		}
		if m.TimeoutMS > 0 {
			f.Line("timeoutMs: ", strconv.FormatInt(m.TimeoutMS, 10), ",")
		}
		if c.Result != nil && !c.NullResult {
			f.Line("returnsValue: true,")
		}
		if c.Result == nil && !m.Notify {
			f.Line("returnsNothing: true,")
		}
		f.writeCodec("paramsCodec: ", c.Params, ",")
		f.writeCodec("resultCodec: ", c.Result, ",")
	}, "};")
}

// writeEventDescriptor prints what the runtime has to know of an event:
//
//	const taskUpdated: RPCEvent<types.TaskUpdated> = {
//	  name: "task.updated",
//	  channel: "tasks:{project_id}",
//	};
func (f *clientFile) writeEventDescriptor(s *plan.Subscription) {
	f.use("type RPCEvent")
	f.Blank()
	left := concat(raw("const "+f.names.sources[s.Event]+": "), generic("RPCEvent", f.typeExpr(s.Payload, false)).doc(placeAnnotation))
	writeConstant(f.Buffer, left, func() {
		writeString(f.Buffer, "name", s.Wire)
		writeString(f.Buffer, "channel", s.Channel.Text)
		f.writeCodec("payloadCodec: ", s.Payload, ",")
	}, "};")
}

// writeString prints `key: "value",`.
func writeString(b *emit.Buffer, key, value string) {
	printDoc(b, concat(member{key, raw(quote(value))}.doc(), raw(",")))
}

// writeMethods prints what the methods take and return, and their descriptors by name:
//
//	export interface Methods {
//	  "tasks.get": {
//	    params: types.GetTaskParams;
//	    result: types.Task;
//	  };
//	}
//
//	export const rpcMethods: {
//	  readonly [Name in keyof Methods]: RPCMethod<Methods[Name]["result"]>;
//	} = {
//	  "tasks.get": tasksGet,
//	};
//
// Streams and rpcStreams are the same of the methods that stream their results.
func (f *clientFile) writeMethods() {
	f.use("type RPCMethod", "type RPCStreamMethod")
	var methods, streams []typed
	var descriptors, streamDescriptors []doc
	for _, c := range f.names.plan.Calls {
		descriptor := descriptorDoc(c.Method.Wire, f.names.calls[c.Method])
		if c.Stream {
			streams = append(streams, typed{c.Method.Wire, []doc{f.paramsMember(c), typedMember("item: ", f.resultExpr(c))}})
			streamDescriptors = append(streamDescriptors, descriptor)
			continue
		}
		methods = append(methods, typed{c.Method.Wire, []doc{f.paramsMember(c), typedMember("result: ", f.resultExpr(c))}})
		descriptors = append(descriptors, descriptor)
	}
	f.writeTypeMap("Methods", "What the methods take and return, by their names on the wire.", methods)
	f.writeDescriptors("rpcMethods", "The methods as `call` of a client takes them.", `readonly [Name in keyof Methods]: RPCMethod<Methods[Name]["result"]>;`, descriptors)
	f.writeTypeMap("Streams", "What the methods take and return that stream their results.", streams)
	f.writeDescriptors("rpcStreams", "These methods as `stream` takes them.", `readonly [Name in keyof Streams]: RPCStreamMethod<Streams[Name]["item"]>;`, streamDescriptors)
}

// paramsMember is the member for a method's params: optional where they can be left out.
func (f *clientFile) paramsMember(c *plan.Call) doc {
	switch {
	case c.Params == nil:
		return raw("params?: undefined;")
	case c.ParamsOptional && len(c.Constants) == 0:
		return typedMember("params?: ", union(f.typeExpr(c.Params, true), name("undefined")))
	default:
		return typedMember("params: ", f.typeExpr(c.Params, true))
	}
}

// writeEvents prints the same of events, whose params are the arguments of their channels:
//
//	export interface Events {
//	  "task.updated": {
//	    params: types.TaskUpdatedChannel;
//	    payload: types.TaskUpdated;
//	  };
//	}
func (f *clientFile) writeEvents() {
	f.use("type RPCEvent")
	var kinds []typed
	var descriptors []doc
	for _, s := range f.names.plan.Subscriptions {
		params := raw("params?: undefined;")
		if channel := f.names.channels[&s.Event.Channel]; channel != "" {
			f.usesTypes = true
			params = raw("params: types." + channel + ";")
		}
		kinds = append(kinds, typed{s.Wire, []doc{params, typedMember("payload: ", f.typeExpr(s.Payload, false))}})
		descriptors = append(descriptors, descriptorDoc(s.Wire, f.names.sources[s.Event]))
	}
	f.writeTypeMap("Events", "What the events' channels take and the events carry, by their names.", kinds)
	f.writeDescriptors("rpcEvents", "The events as `subscribe` of a client takes them.", `readonly [Name in keyof Events]: RPCEvent<Events[Name]["payload"]>;`, descriptors)
}

// descriptorDoc is `"tasks.get": tasksGet,`, or just `ping,`.
func descriptorDoc(wire, constant string) doc {
	key := literalKey(wire)
	switch {
	case key == constant:
		return raw(key + ",")
	case emit.Width(key) >= 5:
		return concat(group(raw(key+":"), indented(line, raw(constant))), raw(","))
	}
	return raw(key + ": " + constant + ",")
}

// typed is a member of a type map: a name on the wire and what belongs to it.
type typed struct {
	wire    string
	members []doc
}

func typedMember(left string, e expr) doc {
	return concat(raw(left), e.doc(placeAnnotation), raw(";"))
}

func (f *clientFile) writeTypeMap(called, about string, kinds []typed) {
	f.Blank()
	comment{body: []string{about}}.write(f.Buffer)
	if len(kinds) == 0 {
		f.Line("export interface ", called, " {}")
		return
	}
	f.Block("export interface "+called+" {", func() {
		for _, k := range kinds {
			f.Block(memberName(k.wire)+": {", func() {
				for _, m := range k.members {
					printDoc(f.Buffer, m)
				}
			}, "};")
		}
	}, "}")
}

func (f *clientFile) writeDescriptors(called, about, index string, descriptors []doc) {
	f.Blank()
	comment{body: []string{about}}.write(f.Buffer)
	if len(descriptors) == 0 {
		f.Block("export const "+called+": {", func() { f.Line(index) }, "} = {};")
		return
	}
	f.Block("export const "+called+": {", func() { f.Line(index) }, "} = {")
	f.Indent(func() {
		for _, d := range descriptors {
			printDoc(f.Buffer, d)
		}
	})
	f.Line("};")
}

// writeAPIClient prints the class with a method for each RPC method and event, and those of
// its namespaces.
func (f *clientFile) writeAPIClient() {
	m := f.names.plan
	title := "The API's methods and events."
	if m.Info.Title != "" {
		title = "Methods and events of " + m.Info.Title + "."
	}
	f.writeClass("APIClient", comment{body: []string{title, markup.Markdown(m.Info.Doc)}}, "`rpc` is a CentrifugoRPCClient, or a fake in tests.", f.names.plan.Root)
	for _, ns := range f.names.plan.Root.All()[1:] {
		about := plan.Sentence(ns.Has() + " of " + code(ns.Title()) + ", " + code("APIClient."+f.names.paths[ns]))
		f.writeClass(f.names.apis[ns], comment{body: []string{about}}, "", ns)
	}
}

// writeClass prints the class of the client, or of a namespace:
//
//	/** Methods of `tasks`. */
//	export class TasksAPI {
//	  readonly rpc: RPCCaller;
//	  readonly admin: TasksAdminAPI;
//
//	  constructor(rpc: RPCCaller) {
//	    this.rpc = rpc;
//	    this.admin = new TasksAdminAPI(rpc);
//	  }
//	}
//
// APIClient also has batch().
func (f *clientFile) writeClass(called string, about comment, constructor string, ns *plan.Namespace) {
	f.Blank()
	about.write(f.Buffer)
	f.Block("export class "+called+" {", func() {
		f.Line("readonly rpc: RPCCaller;")
		for _, inner := range ns.Inner {
			comment{body: []string{plan.Sentence(inner.Has() + " of " + code(inner.Title()))}}.write(f.Buffer)
			f.Line("readonly ", f.names.fields[inner], ": ", f.names.apis[inner], ";")
		}
		f.Blank()
		comment{body: []string{constructor}}.write(f.Buffer)
		f.Block("constructor(rpc: RPCCaller) {", func() {
			f.Line("this.rpc = rpc;")
			for _, inner := range ns.Inner {
				f.Line("this.", f.names.fields[inner], " = new ", f.names.apis[inner], "(rpc);")
			}
		}, "}")
		if ns == f.names.plan.Root {
			f.use("batched")
			f.Raw(batchSource)
		}
		for _, c := range ns.Calls {
			f.writeMethod(c)
		}
		for _, s := range ns.Subscriptions {
			f.writeEvent(s)
		}
	}, "}")
}

// batchSource is the method of APIClient that makes a batch.
const batchSource = `
  /**
   * Returns a client whose calls and streams leave together, in one message
   * to the server, where they are made in one turn:
   * ` + "`Promise.all([batch.a(), batch.b()])`" + `.
   */
  batch(): APIClient {
    return new APIClient(batched(this.rpc));
  }
`

// writeMethod prints a call:
//
//	/** Return one task. */
//	tasksGet(
//	  params: types.GetTaskParams,
//	  options?: CallOptions,
//	): Promise<types.Task> {
//	  return this.rpc.call(tasksGet, params, options);
//	}
//
// Where its channel has placeholders, the call is of on(tasksGet, channel). A stream is
//
//	jobsProgress(
//	  params: types.JobParams,
//	  options?: StreamOptions,
//	): RPCStream<types.JobProgress> {
//	  return stream(this.rpc, jobsProgress, params, options);
//	}
func (f *clientFile) writeMethod(call *plan.Call) {
	m := call.Method
	options, result, open := "CallOptions", "Promise", "this.rpc.call("
	var through []string
	if call.Stream {
		options, result, open, through = "StreamOptions", "RPCStream", "stream(", []string{"this.rpc"}
		f.use("stream", "type RPCStream")
	}
	f.use("type " + options)
	f.Blank()
	doc := markup.Markdown(m.Doc)
	if doc == "" {
		doc = "Calls " + code(m.Wire) + "."
	}
	c := comment{body: []string{doc, strings.Join(facts.Call(call), " ")}, deprecated: m.Deprecated, names: f.names, qualifier: "types."}
	for _, e := range m.Errors {
		c.throws = append(c.throws, f.names.errors[e])
	}
	c.write(f.Buffer)
	params, given := f.paramsDoc(call)
	called := f.names.calls[m]
	if len(call.Args) > 0 {
		f.use("on")
		f.usesTypes = true
		params = slices.Insert(params, 0, raw("channel: types."+f.names.channels[m.Channel]))
		called = "on(" + called + ", channel)"
	}
	f.writeSignature(f.names.methods[m], append(params, raw("options?: "+options)), ",", generic(result, f.resultExpr(call)), " {")
	f.Indent(func() { f.writeReturn(open, append(through, called, given, "options")...) })
	f.Line("}")
}

// paramsDoc returns the declaration of a method's params, if it takes any, and what
// to hand on.
func (f *clientFile) paramsDoc(c *plan.Call) (params []doc, given string) {
	if c.Params == nil {
		return nil, "undefined"
	}
	declared := []doc{raw("params: "), f.typeExpr(c.Params, true).doc(placeAnnotation)}
	if c.ParamsOptional {
		declared = append(declared, raw(" = "), f.leftOut(c))
	}
	return []doc{concat(declared...)}, "params"
}

// leftOut is what stands for params that are left out: "{}", or `{ kind: "label" }`.
func (f *clientFile) leftOut(c *plan.Call) doc {
	value := raw("{}")
	if len(c.Constants) > 0 {
		members := make([]member, len(c.Constants))
		for i, field := range c.Constants {
			members[i] = member{field.Wire, raw(f.names.literal(schema.ConstOf(field.Type)))}
		}
		value = objectDoc(members)
	}
	return value
}

// isInherited tells whether every object has a member of that name.
func isInherited(member string) bool {
	switch member {
	case "constructor", "toString", "toLocaleString", "valueOf", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable":
		return true
	}
	return false
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
//	): EventIterable<types.TaskUpdated>;
//	onTaskUpdated(
//	  channel: types.TaskUpdatedChannel,
//	  ...rest: EventArgs<types.TaskUpdated>
//	): Unsubscribe | EventIterable<types.TaskUpdated> {
//	  return listen(this.rpc, taskUpdated, channel, rest);
//	}
func (f *clientFile) writeEvent(s *plan.Subscription) {
	f.use("listen", "type EventArgs", "type EventHandler", "type EventIterable", "type SubscribeOptions", "type Unsubscribe")
	payload := f.typeExpr(s.Payload, false)
	called := f.names.events[s.Event]
	given := "undefined"
	var params []doc
	if channel := f.names.channels[&s.Event.Channel]; channel != "" {
		f.usesTypes = true
		given = "channel"
		params = []doc{raw("channel: types." + channel)}
	}
	handler := concat(raw("handler: "), generic("EventHandler", payload).doc(placeAnnotation))
	rest := concat(raw("...rest: "), generic("EventArgs", payload).doc(placeAnnotation))
	options := raw("options?: SubscribeOptions")
	events := generic("EventIterable", payload)

	f.Blank()
	c := comment{body: []string{markup.Markdown(s.Doc), "Event: " + code(s.Wire) + "."}, deprecated: s.Deprecated, names: f.names, qualifier: "types."}
	c.write(f.Buffer)
	f.writeSignature(called, append(slices.Clip(params), handler, options), ",", name("Unsubscribe"), ";")
	c.write(f.Buffer)
	f.writeSignature(called, append(slices.Clip(params), options), ",", events, ";")
	f.writeSignature(called, append(slices.Clip(params), rest), "", union(name("Unsubscribe"), events), " {")
	f.Indent(func() { f.writeReturn("listen(", "this.rpc", f.names.sources[s.Event], given, "rest") })
	f.Line("}")
}

// writeSignature prints the head of a method; lastComma is what may follow its last
// parameter where each is on a line of its own.
func (f *clientFile) writeSignature(called string, params []doc, lastComma string, result expr, end string) {
	printDoc(f.Buffer, concat(group(commaList(called+"(", params, ")", lastComma), raw(": "), result.doc(placeAnnotation)), raw(end)))
}

func (f *clientFile) writeReturn(open string, args ...string) {
	docs := make([]doc, len(args))
	for i, a := range args {
		docs[i] = raw(a)
	}
	printDoc(f.Buffer, concat(group(commaList("return "+open, docs, ")", ",")), raw(";")))
}

// writeIndex prints index.ts.
func writeIndex(opt gen.Options) []byte {
	b := emit.New(indent, lineWidth)
	b.Line(header)
	b.Blank()
	for _, module := range []string{"client", "rpc-client", "types"} {
		b.Line(`export * from "./`, module, extension(opt), `";`)
	}
	return b.Bytes()
}

var _ gen.Func = Generate
