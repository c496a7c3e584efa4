package python

import (
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

// clientFile prints client.py: a descriptor and a one-line method for each RPC
// method and event.
func (p *printer) clientFile() []byte {
	f := p.newFile()
	f.use(".rpc_client", "Caller")
	for _, e := range p.model.Errors {
		f.writeError(e)
	}
	if len(p.model.Methods)+len(p.model.Events) > 0 {
		f.body.Raw("\n")
		if len(p.model.Errors) > 0 {
			f.body.Raw("\n")
		}
	}
	for _, m := range p.model.Methods {
		f.writeMethodDescriptor(m)
	}
	for _, e := range p.model.Events {
		f.writeEventDescriptor(e)
	}
	f.writeClient()
	b := emit.New("    ", width)
	header(b, "Client of "+p.title()+".")
	f.writeImports(b)
	f.writeSections(b)
	if len(f.parts) > 0 && len(p.model.Errors) == 0 {
		b.Raw("\n") // descriptors come after a class or a function
	}
	b.Append(f.body)
	return b.Bytes()
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
		data := f.exported(e.Data)
		writeExpr(f.body, "data_type = ", data, "")
		writeAssignment(f.body, "data", data, nil)
	})
}

// exported is the type of a result, payload or error's data, as client.py sees
// it: everything is declared in models.py.
func (f *file) exported(t schema.Type) expr {
	if t != nil {
		f.importTypes(t)
	}
	return f.resultType(t)
}

// resultType is the same, once imported: what a server sends is tolerated.
func (f *file) resultType(t schema.Type) expr {
	if t == nil {
		return atom("None")
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
//	_TASKS_GET: _Method[Task] = _Method("tasks.get", GetTaskParams, Task)
func (f *file) writeMethodDescriptor(m *schema.Method) {
	f.use(".rpc_client", "Method as _Method")
	result := f.exported(m.Result)
	args := []expr{atom(quote(m.Wire)), f.paramsType(m), result}
	if m.Params != nil {
		f.importTypes(m.Params)
	}
	if len(m.Errors) > 0 {
		classes := make([]expr, len(m.Errors))
		for i, e := range m.Errors {
			classes[i] = atom(f.names.errors[e])
		}
		args = append(args, keyword("errors", tupleOf(classes...)))
	}
	if m.Idempotent {
		args = append(args, atom("idempotent=True"))
	}
	if m.Notify {
		args = append(args, atom("notify=True"))
	}
	if m.TimeoutMS > 0 {
		args = append(args, atom("timeout_s="+seconds(m.TimeoutMS)))
	}
	value := call("_Method", args...)
	writeAssignment(f.body, f.names.descriptors[f.names.methods[m]], subscript("_Method", result), &value)
}

func (f *file) writeEventDescriptor(e *schema.Event) {
	f.use(".rpc_client", "Event as _Event")
	payload := f.exported(e.Payload)
	value := call("_Event", atom(quote(e.Wire)), payload)
	writeAssignment(f.body, f.names.descriptors[f.names.events[e]], subscript("_Event", payload), &value)
}

func seconds(ms int64) string {
	text := strconv.FormatFloat(float64(ms)/1000, 'f', -1, 64)
	if !strings.Contains(text, ".") {
		text += ".0"
	}
	return text
}

// paramsType is the type of the params: strict, unless it is used in results too.
func (f *file) paramsType(m *schema.Method) expr {
	if m.Params == nil {
		return atom("None")
	}
	return f.typeExpr(m.Params, false)
}

// writeClient prints the class with all methods and events.
func (f *file) writeClient() {
	b := f.body
	b.Raw("\n\n")
	b.Line("class APIClient:")
	b.Indent(func() {
		writeDoc(b, "Client of "+f.title()+".", paragraphs("Methods and events of "+f.title()+".", f.model.Info.Doc))
		b.Blank()
		f.qualified = f.clientHidesNames()
		b.Line("def __init__(self, rpc: Caller) -> None:")
		b.Indent(func() {
			b.Line(`"""Call through ` + "``rpc``" + `, which the caller opens and closes."""`)
			b.Line("self._rpc = rpc")
		})
		for _, m := range f.model.Methods {
			b.Blank()
			f.writeMethod(m)
		}
		for _, e := range f.model.Events {
			b.Blank()
			f.writeEvent(e)
		}
		f.qualified = false
	})
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
//	    return await self._rpc.call(_TASKS_GET, params, **options)
func (f *file) writeMethod(m *schema.Method) {
	params := []expr{atom("self")}
	argument := "None"
	if m.Params != nil {
		argument = "params"
		p := entry("params", f.paramsType(m))
		if schema.AllOptional(m.Params) {
			p = entry("params", unionOf(f.paramsType(m), atom("None")))
			p = withDefault(p, "None")
		}
		params = append(params, p)
	}
	f.use(".rpc_client", "CallOptions")
	params = append(params, entry("**options", subscript(f.member("typing_extensions", "Unpack"), atom("CallOptions"))))
	f.writeDeprecated(m.Wire, m.Deprecated)
	f.writeSignature("async def "+f.names.methods[m], params, f.resultType(m.Result))
	f.body.Indent(func() {
		writeDoc(f.body, "Call `"+m.Wire+"`.", paragraphs(m.Doc, "RPC: `"+m.Wire+"`.", f.outcome(m), deprecation(m.Deprecated)))
		before := "return await "
		if m.Result == nil {
			before = "await "
		}
		args := []expr{atom(f.names.descriptors[f.names.methods[m]]), atom(argument), atom("**options")}
		writeExpr(f.body, before, call("self._rpc.call", args...), "")
	})
}

// outcome says how a call can end that its result does not tell.
func (f *file) outcome(m *schema.Method) string {
	if m.Notify {
		return "There is no reply: it returns once the broker has taken the request."
	}
	if len(m.Errors) == 0 {
		return ""
	}
	classes := make([]string, len(m.Errors))
	for i, e := range m.Errors {
		classes[i] = "`" + f.names.errors[e] + "`"
	}
	return "Raises " + strings.Join(classes, ", ") + "."
}

// withDefault adds a parameter's default to its annotation, which stays on one
// line.
func withDefault(param expr, value string) expr { return atom(param.flat() + " = " + value) }

// writeEvent prints
//
//	def task_updated(self, project_id: str) -> AsyncIterator[TaskUpdated]:
//	    """Iterate over changes of tasks."""
//	    return self._rpc.subscribe(_TASK_UPDATED, f"tasks:{project_id}")
func (f *file) writeEvent(e *schema.Event) {
	f.use("collections.abc", "AsyncIterator")
	params := []expr{atom("self")}
	for _, p := range f.names.params[e] {
		params = append(params, atom(p+": "+f.builtin("str")))
	}
	f.writeDeprecated(e.Wire, e.Deprecated)
	f.writeSignature("def "+f.names.events[e], params, subscript("AsyncIterator", f.resultType(e.Payload)))
	f.body.Indent(func() {
		writeDoc(f.body, "Iterate over `"+e.Wire+"`.", paragraphs(e.Doc, "Event: `"+e.Wire+"`.", f.placeholderDoc(e), deprecation(e.Deprecated)))
		args := []expr{atom(f.names.descriptors[f.names.events[e]]), atom(f.channel(e))}
		writeExpr(f.body, "return ", call("self._rpc.subscribe", args...), "")
	})
}

// placeholderDoc describes the arguments of a subscription.
func (f *file) placeholderDoc(e *schema.Event) string {
	var lines []string
	i := 0
	for _, part := range e.Channel.Parts {
		if part.Param == "" {
			continue
		}
		if !blank(part.Doc) {
			lines = append(lines, "- `"+f.names.params[e][i]+"`: "+part.Doc)
		}
		i++
	}
	return strings.Join(lines, "\n")
}

// escapeBraces is for the literal text of an f-string.
var escapeBraces = strings.NewReplacer("{", "{{", "}", "}}")

// channel is the expression for a subscription's channel.
func (f *file) channel(e *schema.Event) string {
	if len(f.names.params[e]) == 0 {
		return quote(e.Channel.Text)
	}
	var b strings.Builder
	i := 0
	for _, part := range e.Channel.Parts {
		if part.Param == "" {
			b.WriteString(escapeBraces.Replace(part.Literal))
			continue
		}
		b.WriteString("{" + f.names.params[e][i] + "}")
		i++
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
// parameters on a line of their own, else each on its own with a comma.
func (f *file) writeSignature(name string, params []expr, result expr) {
	b := f.body
	open, end := name+"(", ") -> "+result.flat()+":"
	if b.Fits(open + joined(params) + end) {
		b.Line(open, joined(params), end)
		return
	}
	b.Line(open)
	b.Indent(func() {
		if b.Fits(joined(params)) {
			b.Line(joined(params))
			return
		}
		for _, p := range params {
			writeExpr(b, "", p, ",")
		}
	})
	writeExpr(b, ") -> ", result, ":")
}
