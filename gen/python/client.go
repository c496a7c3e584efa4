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
	f.use(".rpc_client", "Caller")
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
		doc := e.Doc
		if blank(doc) {
			doc = summary
		}
		writeDoc(f.body, summary, doc)
		f.body.Blank()
		f.body.Line("declared_code = ", strconv.FormatInt(e.Code, 10))
		if e.Data == nil {
			return
		}
		f.importTypes(e.Data)
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
func (f *file) importTypes(t schema.Type) {
	if n, ok := t.(schema.Named); ok && !inPlace(n) {
		f.use(".models", f.names.types[n])
		return
	}
	for _, part := range schema.Parts(t) {
		f.importTypes(part)
	}
}

// writeMethodDescriptor prints a constant that the runtime works from:
//
//	TASKS_GET: _Method[Task] = _Method("tasks.get", GetTaskParams, Task)
func (f *file) writeMethodDescriptor(m *plan.Call) {
	f.use(".rpc_client", "Method as _Method")
	args := []expr{atom(quote(m.Wire)), atom("None"), atom("None")}
	if m.Params != nil {
		f.importTypes(m.Params)
		args[1] = f.valueExpr(m.Params, false)
	}
	if m.Result != nil {
		f.importTypes(m.Result)
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
	writeAssignment(f.body, f.names.descriptors[f.names.methods[m.Method]], subscript("_Method", f.resultType(m.Result)), &value)
}

func (f *file) writeEventDescriptor(e *plan.Subscription) {
	f.use(".rpc_client", "Event as _Event")
	f.importTypes(e.Payload)
	value := call("_Event", atom(quote(e.Wire)), f.valueExpr(e.Payload, true))
	writeAssignment(f.body, f.names.descriptors[f.names.events[e.Event]], subscript("_Event", f.typeExpr(e.Payload, true)), &value)
}

// descriptorOf refers to the constant of a method or event from a client.
func (f *file) descriptorOf(name string) expr {
	f.use(".", "_methods")
	return atom("_methods." + f.names.descriptors[name])
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

// writeClient prints the class with all methods and events.
func (f *file) writeClient() {
	f.writeClientClass("APIClient", "", func() {
		f.body.Line("def __init__(self, rpc: Caller) -> None:")
		f.body.Indent(func() {
			f.body.Line(`"""Call through ` + "``rpc``" + `, which the caller opens and closes."""`)
			f.body.Line("self._rpc = rpc")
		})
	}, "")
}

// writeSyncClient prints the same class for code without asyncio.
func (f *file) writeSyncClient() {
	f.writeClientClass("SyncAPIClient", "_SyncClient", func() {
		f.body.Line("_rpc_class = CentrifugoRPCClient")
	}, "``with`` connects and closes; the first call connects, too. Any thread may call.")
}

// writeClientClass prints a class: what first prints, then methods and events.
func (f *file) writeClientClass(name, base string, first func(), use string) {
	b := f.body
	b.Raw("\n\n")
	if base == "" {
		b.Line("class ", name, ":")
	} else {
		f.classLine(name, base)
	}
	b.Indent(func() {
		writeDoc(b, "Client of "+f.title()+".", paragraphs("Methods and events of "+f.title()+".", f.plan.Info.Doc, use))
		b.Blank()
		f.qualified = f.clientHidesNames()
		first()
		for _, m := range f.plan.Calls {
			b.Blank()
			f.writeMethod(m)
		}
		for _, e := range f.plan.Subscriptions {
			b.Blank()
			f.writeEvent(e)
		}
		f.qualified = false
	})
}

// syncNames are what the synchronous client has of its own.
var syncNames = naming.Set("close connect state")

// methodName is the name of a method or event in the class that is being printed.
func (f *file) methodName(name string) string {
	if f.sync && syncNames[strings.TrimRight(name, "_")] {
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
	f.use(".rpc_client", "CallOptions")
	params = append(params, entry("**options", subscript(f.member("typing_extensions", "Unpack"), atom("CallOptions"))))
	f.writeDeprecated(m.Wire, m.Deprecated)
	if m.Params != nil {
		f.importTypes(m.Params)
	}
	if m.Result != nil {
		f.importTypes(m.Result)
	}
	def, await, receiver := "async def ", "await ", "self._rpc.call"
	if f.sync {
		def, await, receiver = "def ", "", "self._call"
	}
	f.writeSignature(def+f.methodName(f.names.methods[m.Method]), params, f.resultType(m.Result))
	f.body.Indent(func() {
		writeDoc(f.body, "Call `"+m.Wire+"`.", f.callDoc(m))
		before := "return " + await
		if m.Result == nil {
			before = await
		}
		method := f.descriptorOf(f.names.methods[m.Method])
		if len(m.Args) > 0 {
			method = call(method.flat()+".on", atom(f.channel(m.Channel, m.Args)))
		}
		args := []expr{method, atom(argument), atom("**options")}
		writeExpr(f.body, before, call(receiver, args...), "")
	})
}

// paramsClass is the class of the params of a call that may leave them out.
func (f *file) paramsClass(m *plan.Call) string {
	t := stripNullable(schema.Resolve(m.Params))
	return f.names.types[schema.Resolve(t).(schema.Named)]
}

// callDoc is all that is known of a call.
func (f *file) callDoc(m *plan.Call) string {
	texts := append([]string{m.Doc}, f.facts().Call(m)...)
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
//	def on_task_updated(self, project_id: str) -> AsyncIterator[TaskUpdated]:
//	    """Iterate over changes of tasks."""
//	    return self._rpc.subscribe(_methods.ON_TASK_UPDATED, f"tasks:{project_id}")
func (f *file) writeEvent(e *plan.Subscription) {
	iterator, receiver := "AsyncIterator", "self._rpc.subscribe"
	if f.sync {
		iterator, receiver = "SyncEvents", "self._subscribe"
		f.use(".rpc_client", iterator)
	} else {
		f.use("collections.abc", iterator)
	}
	f.importTypes(e.Payload)
	params := append([]expr{atom("self")}, f.channelParams(&e.Channel)...)
	args := []expr{f.descriptorOf(f.names.events[e.Event]), atom(f.channel(&e.Channel, e.Args))}
	if f.sync {
		params = append(params, atom("*"), atom("timeout_s: "+f.builtin("float")+" | None = None"))
		args = append(args, atom("timeout_s"))
	}
	f.writeDeprecated(e.Wire, e.Deprecated)
	f.writeSignature("def "+f.methodName(f.names.events[e.Event]), params, subscript(iterator, f.resultType(e.Payload)))
	f.body.Indent(func() {
		writeDoc(f.body, "Iterate over `"+e.Wire+"`.", paragraphs(e.Doc, "Event: `"+e.Wire+"`.", f.placeholderDoc(&e.Channel, e.Args), deprecation(e.Deprecated)))
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
			lines = append(lines, "- `"+f.names.params[channel][i]+"`: "+p.Doc)
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
