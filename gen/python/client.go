package python

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/naming"
	"github.com/wsgen/wsgen/schema"
)

// errorsFile prints errors.py: the errors that the document declares.
func (p *printer) errorsFile() []byte {
	f := p.newFile()
	for _, e := range p.plan.Errors {
		f.writeError(e)
	}
	return f.bytes("Errors that " + p.title() + " declares.")
}

// methodsFile prints _methods.py: what the clients have to know of methods and events.
func (p *printer) methodsFile() []byte {
	f := p.newFile()
	if len(p.plan.Calls)+len(p.plan.Subscriptions) > 0 {
		f.body.Raw("\n")
	}
	for _, c := range p.plan.Calls {
		f.writeMethodDescriptor(c)
	}
	for _, s := range p.plan.Subscriptions {
		f.writeEventDescriptor(s)
	}
	return f.bytes("What is called, and what is listened to.")
}

// clientFile prints client.py: a one-line method for each RPC method and event.
func (p *printer) clientFile() []byte {
	f := p.newFile()
	f.writeClient()
	return f.bytes("Client of " + p.title() + ".")
}

// syncClientFile prints sync_client.py, the same for code without asyncio.
func (p *printer) syncClientFile() []byte {
	f := p.newFile()
	f.sync = true
	f.use("._rpc", "SyncClient as _SyncClient")
	f.use(".rpc_client", "CentrifugoRPCClient")
	f.writeSyncClient()
	return f.bytes("Client of " + p.title() + " for code without asyncio.")
}

// writeError prints a declared error:
//
//	class TaskNotFound(RPCError):
//	    """Error 404."""
//
//	    declared_code = 404
//	    data_type = TaskNotFoundData
//	    data: TaskNotFoundData
func (f *file) writeError(e *schema.APIError) {
	f.use(".rpc_client", "RPCError")
	f.body.Raw("\n\n")
	f.classLine(f.names.errors[e], "RPCError")
	f.body.Indent(func() {
		summary := "Error " + strconv.FormatInt(e.Code, 10) + "."
		doc := prose(e.Doc)
		if blank(doc) {
			doc = summary
		}
		writeDoc(f.body, summary, doc)
		f.body.Blank()
		f.body.Line("declared_code = ", strconv.FormatInt(e.Code, 10))
		if e.Data == nil {
			return
		}
		f.importTypes(e.Data, false)
		writeExpr(f.body, "data_type = ", f.valueExpr(e.Data, true), "")
		writeAssignment(f.body, "data", f.typeExpr(e.Data, true), nil)
	})
}

// resultType is the type of a result: what a server sends is tolerated.
func (f *file) resultType(t schema.Type) expr {
	if t == nil {
		return atom("None")
	}
	if _, untyped := t.(*schema.Any); untyped {
		return atom(f.runtime("AnyJSON")) // linters want no function that returns Any itself
	}
	return f.typeExpr(t, true)
}

// importTypes imports what typeExpr mentions from models.py.
func (f *file) importTypes(t schema.Type, input bool) {
	if n, ok := t.(schema.Named); ok && !inPlace(n) {
		f.use(".models", f.names.typeName(n, input))
		return
	}
	for _, part := range schema.Parts(t) {
		f.importTypes(part, input)
	}
}

// writeMethodDescriptor prints a constant that the runtime works from:
//
//	TASKS_GET: _Method[Task] = _Method("tasks.get", GetTaskParams, Task)
func (f *file) writeMethodDescriptor(m *plan.Call) {
	f.use(".rpc_client", "Method as _Method")
	args := []expr{atom(quote(m.Wire)), atom("None"), atom("None")}
	if m.Params != nil {
		f.importTypes(m.Params, true)
		f.marks = true
		args[1] = f.valueExpr(m.Params, false)
		f.marks = false
	}
	if m.Result != nil {
		f.importTypes(m.Result, false)
		args[2] = f.valueExpr(m.Result, true)
	}
	if len(m.Errors) > 0 {
		classes := make([]expr, len(m.Errors))
		for i, e := range m.Errors {
			f.use(".errors", f.names.errors[e])
			classes[i] = atom(f.names.errors[e])
		}
		args = append(args, keyword("errors", tupleOf(classes...)))
	}
	if m.Channel != nil && len(m.Args) == 0 {
		args = append(args, keyword("channel", atom(quote(m.Channel.Text))))
	}
	if m.Idempotent {
		args = append(args, atom("idempotent=True"))
	}
	if m.Notify {
		args = append(args, atom("notify=True"))
	}
	if m.NullParams {
		args = append(args, atom("null_params=True"))
	}
	if m.TimeoutMS > 0 {
		args = append(args, atom("timeout_s="+seconds(m.TimeoutMS)))
	}
	value := call("_Method", args...)
	writeAssignment(f.body, f.names.descriptors[m.Method], subscript("_Method", f.resultType(m.Result)), &value)
}

func (f *file) writeEventDescriptor(e *plan.Subscription) {
	f.use(".rpc_client", "Event as _Event")
	f.importTypes(e.Payload, false)
	value := call("_Event", atom(quote(e.Wire)), f.valueExpr(e.Payload, true))
	writeAssignment(f.body, f.names.descriptors[e.Event], subscript("_Event", f.typeExpr(e.Payload, true)), &value)
}

// descriptorOf refers to the constant of a method or event from a client.
func (f *file) descriptorOf(of any) expr {
	f.use(".", "_methods")
	return atom("_methods." + f.names.descriptors[of])
}

func seconds(ms int64) string {
	text := strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// paramsType is what a call takes as params: the type, which is strict unless it is used
// in results too, or a mapping, or nothing.
func (f *file) paramsType(m *plan.Call) expr {
	types := []expr{f.typeExpr(m.Params, false)}
	if _, isMap := schema.Core(m.Params).(*schema.Map); !isMap {
		f.use(".rpc_client", "ParamsMapping")
		types = append(types, atom("ParamsMapping"))
	}
	if m.ParamsOptional {
		types = append(types, atom("None"))
	}
	if len(types) == 1 {
		return types[0]
	}
	return unionOf(types...)
}

// writeClient prints the class with all methods and events, and those of its namespaces.
func (f *file) writeClient() {
	f.writeClasses("", "", func(inner []*plan.Namespace) {
		f.body.Line("def __init__(self, rpc: ", f.callerType(), ") -> None:")
		f.body.Indent(func() {
			f.body.Line(`"""Call through ` + "``rpc``" + `, which the caller opens and closes."""`)
			f.body.Line("self._rpc = rpc")
			for _, ns := range inner {
				f.body.Line("self.", f.names.fields[ns], " = ", f.names.apis[ns], "(rpc)")
				writeAttributeDoc(f.body, f.namespaceDoc(ns))
			}
		})
	}, "")
}

// writeBatch prints
//
//	def batch(self) -> "APIClient":
//	    """Return the same client for calls that are sent together.
//
//	    Requests of one turn of the event loop, as by ``asyncio.gather``, leave in one
//	    publication.
//	    """
//	    return APIClient(_batch_of(self._rpc))
func (f *file) writeBatch() {
	f.use("._rpc", "batch_of as _batch_of")
	f.body.Line(`def batch(self) -> "APIClient":`)
	f.body.Indent(func() {
		writeDoc(f.body, "", "Return the same client for calls that are sent together.\n\n"+
			"Requests of one turn of the event loop, as by ``asyncio.gather``, leave in one publication.")
		f.body.Line("return APIClient(_batch_of(self._rpc))")
	})
}

// callerType is what a client calls through: less is asked of those that stream nothing.
func (f *file) callerType() string {
	if !f.plan.Streams() {
		f.use(".rpc_client", "Caller")
		return "Caller"
	}
	f.use(".rpc_client", "StreamCaller as _StreamCaller")
	return "_StreamCaller"
}

// writeSyncClient prints the same classes for code without asyncio. They make their namespaces
// when these are asked for.
func (f *file) writeSyncClient() {
	f.writeClasses("Sync", "_SyncClient", func(inner []*plan.Namespace) {
		for i, ns := range inner {
			if i > 0 {
				f.body.Blank()
			}
			f.body.Line("@property")
			f.body.Line("def ", f.methodName(f.names.fields[ns]), `(self) -> "Sync`, f.names.apis[ns], `":`)
			f.body.Indent(func() {
				writeDoc(f.body, "Namespace.", f.namespaceDoc(ns))
				f.body.Line("return Sync", f.names.apis[ns], "(self._call, self._subscribe, self._stream)")
			})
		}
	}, "``with`` connects and closes; the first call connects, too. Any thread may call.")
}

// namespaceDoc says what is in a namespace.
func (f *file) namespaceDoc(ns *plan.Namespace) string {
	return plan.Sentence(ns.Has() + " of " + code(ns.Title()))
}

// writeClasses prints the class of the client and those of its namespaces; first prints what
// they begin with.
func (f *file) writeClasses(prefix, base string, first func(inner []*plan.Namespace), use string) {
	f.writeClientClass(prefix+"APIClient", base, f.plan.Root, func() {
		writeDoc(f.body, "Client of "+f.title()+".", paragraphs("Methods and events of "+f.title()+".", prose(f.plan.Info.Doc), use))
		if f.sync {
			f.body.Blank()
			f.body.Line("_rpc_class = CentrifugoRPCClient")
		}
		if !f.sync || len(f.plan.Root.Inner) > 0 {
			f.body.Blank()
			first(f.plan.Root.Inner)
		}
	})
	if f.sync {
		base = "_SyncNamespace"
	}
	for _, ns := range f.plan.Root.All()[1:] {
		if f.sync {
			f.use("._rpc", "SyncNamespace as _SyncNamespace")
		}
		f.writeClientClass(prefix+f.names.apis[ns], base, ns, func() {
			writeDoc(f.body, "Namespace.", f.namespaceDoc(ns))
			if !f.sync || len(ns.Inner) > 0 {
				f.body.Blank()
				first(ns.Inner)
			}
		})
	}
}

// writeClientClass prints a class: what first prints, then methods and events.
func (f *file) writeClientClass(name, base string, ns *plan.Namespace, first func()) {
	b := f.body
	b.Raw("\n\n")
	if base == "" {
		b.Line("class ", name, ":")
	} else {
		f.classLine(name, base)
	}
	b.Indent(func() {
		f.qualified, f.atRoot = f.hidesNames(ns), ns == f.plan.Root
		first()
		if f.atRoot && !f.sync && len(f.plan.Calls) > 0 {
			b.Blank()
			f.writeBatch()
		}
		for _, m := range ns.Calls {
			b.Blank()
			f.writeMethod(m)
		}
		for _, e := range ns.Subscriptions {
			b.Blank()
			f.writeEvent(e)
		}
		f.qualified = false
	})
}

// syncNames are what the synchronous client has of its own.
var syncNames = naming.Set("close connect state")

// methodName is the name of a method, an event or a namespace in the class that is being printed.
func (f *file) methodName(name string) string {
	if f.sync && f.atRoot && syncNames[strings.TrimRight(name, "_")] {
		return name + "_"
	}
	return name
}

// writeMethod prints
//
//	async def tasks_get(
//	    self, params: GetTaskParams, **options: Unpack[CallOptions]
//	) -> Task:
//	    """Return one task.
//
//	    RPC: `tasks.get`.
//
//	    Raises `TaskNotFound`.
//	    """
//	    return await self._rpc.call(_methods.TASKS_GET, params, **options)
//
// and, in the synchronous client, the same as a function that is not async. Where its channel
// has placeholders, the call is of _methods.TASKS_GET.on(f"tasks:{project_id}").
//
// A method that streams its results is a function that is not async in both:
//
//	def tasks_watch(
//	    self, params: GetTaskParams, **options: Unpack[_StreamOptions]
//	) -> _Stream[Task]:
//	    """Stream a task each time it changes."""
//	    return self._rpc.stream(_methods.TASKS_WATCH, params, **options)
func (f *file) writeMethod(m *plan.Call) {
	params := append([]expr{atom("self")}, f.channelParams(m.Channel)...)
	argument := "None"
	if m.Params != nil {
		argument = "params"
		p := entry("params", f.paramsType(m))
		if m.ParamsOptional {
			p = withDefault(p, "None")
		}
		if m.ParamsOptional && len(m.Constants) > 0 { // they are sent even without params
			argument = "params or " + f.paramsClass(m) + "()"
		}
		params = append(params, p)
	}
	how := f.wayToCall(m)
	params = append(params, entry("**options", subscript(f.member("typing_extensions", "Unpack"), atom(how.options))))
	f.writeDeprecated(m.Wire, m.Deprecated)
	if m.Params != nil {
		f.importTypes(m.Params, true)
	}
	if m.Result != nil {
		f.importTypes(m.Result, false)
	}
	f.writeSignature(how.def+f.methodName(f.names.methods[m.Method]), params, how.result)
	f.body.Indent(func() {
		writeDoc(f.body, how.summary+" "+code(m.Wire)+".", f.callDoc(m))
		before := "return " + how.await
		if m.Result == nil && !m.Stream {
			before = how.await
		}
		method := f.descriptorOf(m.Method)
		if len(m.Args) > 0 {
			method = call(method.flat()+".on", atom(f.channel(m.Channel, m.Args)))
		}
		args := []expr{method, atom(argument), atom("**options")}
		writeExpr(f.body, before, call(how.receiver, args...), "")
	})
}

// way is how the methods for calls differ: in the synchronous client, and where results are
// streamed.
type way struct {
	def, await, receiver, options, summary string
	result                                 expr
}

func (f *file) wayToCall(m *plan.Call) way {
	receiver := "self._rpc."
	if f.sync {
		receiver = "self._"
	}
	if m.Stream {
		class := "Stream"
		if f.sync {
			class = "SyncStream"
		}
		// Under names that no model can have.
		f.use(".rpc_client", "StreamOptions as _StreamOptions")
		f.use(".rpc_client", class+" as _"+class)
		return way{"def ", "", receiver + "stream", "_StreamOptions", "Stream", subscript("_"+class, f.resultType(m.Result))}
	}
	f.use(".rpc_client", "CallOptions")
	w := way{"def ", "", receiver + "call", "CallOptions", "Call", f.resultType(m.Result)}
	if !f.sync {
		w.def, w.await = "async def ", "await "
	}
	return w
}

// paramsClass is the class of the params of a call that may leave them out, which may have
// other names.
func (f *file) paramsClass(m *plan.Call) string {
	class := schema.Core(m.Params).(schema.Named)
	f.importTypes(class, true)
	return f.names.typeName(class, true)
}

// callDoc is all that is known of a call.
func (f *file) callDoc(m *plan.Call) string {
	texts := append([]string{prose(m.Doc)}, f.facts().Call(m)...)
	if m.Stream {
		texts = append(texts, "A loop that may be left early needs "+code(f.blockWord())+" around it, or the call goes on until "+
			"the stream is forgotten.")
	}
	texts = append(texts, f.placeholderDoc(m.Channel, m.Args))
	if len(m.Errors) > 0 {
		classes := make([]string, len(m.Errors))
		for i, e := range m.Errors {
			classes[i] = code(f.names.errors[e])
		}
		texts = append(texts, "Raises "+strings.Join(classes, ", ")+".")
	}
	return paragraphs(append(texts, deprecation(m.Deprecated))...)
}

// blockWord begins a block at whose end something is closed.
func (f *file) blockWord() string {
	if f.sync {
		return "with"
	}
	return "async with"
}

// withDefault adds a parameter's default to its annotation, behind the last type of a
// union.
func withDefault(param expr, value string) expr {
	if param.open != "|" {
		return atom(param.flat() + " = " + value)
	}
	last := len(param.items) - 1
	param.items = slices.Clone(param.items)
	param.items[last] = atom(param.items[last].flat() + " = " + value)
	return param
}

// writeEvent prints
//
//	def on_task_updated(
//	    self, project_id: str, *, since: _EventPosition | None = None
//	) -> _Events[TaskUpdated]:
//	    """Iterate over changes of tasks."""
//	    return _events_of(
//	        self._rpc, _methods.ON_TASK_UPDATED, f"tasks:{project_id}", since
//	    )
func (f *file) writeEvent(e *plan.Subscription) {
	// Under names that no model can have.
	f.use(".rpc_client", "EventPosition as _EventPosition")
	f.importTypes(e.Payload, false)
	params := append([]expr{atom("self")}, f.channelParams(&e.Channel)...)
	params = append(params, atom("*"))
	args := []expr{f.descriptorOf(e.Event), atom(f.channel(&e.Channel, e.Args))}
	iterator, receiver := "_Events", "_events_of"
	if f.sync {
		iterator, receiver = "SyncEvents", "self._subscribe"
		f.use(".rpc_client", iterator)
		params = append(params, atom("timeout_s: "+f.builtin("float")+" | None = None"))
		args = append(args, atom("timeout_s"))
	} else {
		f.use(".rpc_client", "Events as _Events")
		f.use("._rpc", "events_of as _events_of")
		args = append([]expr{atom("self._rpc")}, args...)
	}
	params = append(params, atom("since: _EventPosition | None = None"))
	args = append(args, atom("since"))
	f.writeDeprecated(e.Wire, e.Deprecated)
	f.writeSignature("def "+f.methodName(f.names.events[e.Event]), params, subscript(iterator, f.resultType(e.Payload)))
	f.body.Indent(func() {
		writeDoc(f.body, "Iterate over "+code(e.Wire)+".", paragraphs(prose(e.Doc), "Event: "+code(e.Wire)+".", f.placeholderDoc(&e.Channel, e.Args), deprecation(e.Deprecated)))
		writeExpr(f.body, "return ", call(receiver, args...), "")
	})
}

// channelParams declares the parameters for the placeholders of a channel.
func (f *file) channelParams(channel *schema.Template) []expr {
	var params []expr
	for _, p := range f.names.params[channel] {
		params = append(params, atom(p+": "+f.builtin("str")))
	}
	return params
}

// placeholderDoc describes the parameters for the placeholders of a channel.
func (f *file) placeholderDoc(channel *schema.Template, placeholders []schema.TemplatePart) string {
	var lines []string
	for i, p := range placeholders {
		if !blank(p.Doc) {
			lines = append(lines, "- `"+f.names.params[channel][i]+"`: "+prose(p.Doc))
		}
	}
	return strings.Join(lines, "\n")
}

// escapeBraces is for the literal text of an f-string.
var escapeBraces = strings.NewReplacer("{", "{{", "}", "}}")

// channel is the expression for the name of a channel.
func (f *file) channel(channel *schema.Template, placeholders []schema.TemplatePart) string {
	if len(placeholders) == 0 {
		return quote(channel.Text)
	}
	names := map[string]string{}
	for i, p := range placeholders {
		names[p.Param] = f.names.params[channel][i]
	}
	var b strings.Builder
	for _, part := range channel.Parts {
		if part.Param == "" {
			b.WriteString(escapeBraces.Replace(part.Literal))
			continue
		}
		b.WriteString("{" + names[part.Param] + "}")
	}
	return "f" + quote(b.String())
}

func (f *file) writeDeprecated(wire string, d *schema.Deprecation) {
	if d == nil {
		return
	}
	note := d.Note
	if blank(note) {
		note = wire + " is deprecated."
	}
	writeExpr(f.body, "@", call(f.member("typing_extensions", "deprecated"), atom(quote(note))), "")
}

// writeSignature prints a function's first lines: on one line, else all
// parameters, if there are several, on a line of their own, else each on its own
// with a comma.
func (f *file) writeSignature(name string, params []expr, result expr) {
	b := f.body
	open, end := name+"(", ") -> "+result.flat()+":"
	list := listed(params).flat()
	if fits(b, open, list, end) {
		b.Line(open, list, end)
		return
	}
	b.Line(open)
	b.Indent(func() {
		if len(params) > 1 && b.Fits(list) {
			b.Line(list)
			return
		}
		for _, p := range params {
			writeItem(b, p)
		}
	})
	writeExpr(b, ") -> ", result, ":")
}
