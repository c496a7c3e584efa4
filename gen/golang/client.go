package golang

import (
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// client prints client.go: APIClient with a method for each RPC and event.
func (g *generator) client() []byte {
	f := g.newFile(importRPC)
	w := &clientWriter{file: f, codec: codecWriter{file: f, tolerant: true}}
	w.writeAPIClient()
	for _, e := range g.plan.Errors {
		w.writeErrorMaker(e)
	}
	for _, ns := range g.plan.Root.All() {
		w.receiver = "APIClient"
		if ns != g.plan.Root {
			w.receiver = g.names.apis[ns]
			w.writeNamespace(ns)
		}
		for _, c := range ns.Calls {
			w.writeMethod(c)
		}
		for _, s := range ns.Subscriptions {
			w.writeEvent(s)
		}
	}
	return f.bytes("", "context")
}

type clientWriter struct {
	*file
	codec    codecWriter // for results, events and errors, which are tolerant
	receiver string      // the type that has the methods: "APIClient"
}

func (w *clientWriter) writeAPIClient() {
	comment(w.b, "APIClient calls the methods of "+w.title()+". It is safe for use by several goroutines.")
	w.writeStruct("APIClient", w.plan.Root)
	w.b.Raw(newClientSource)
	w.b.Block("func NewAPIClientWith(caller rpc.Caller) *APIClient {", func() {
		if len(w.plan.Root.Inner) == 0 {
			w.b.Line("return &APIClient{caller: caller}")
			return
		}
		w.b.Line("c := &APIClient{caller: caller}")
		w.writeCallers("c", w.plan.Root)
		w.b.Line("return c")
	}, "}")
	w.b.Raw(apiClientSource)
}

// writeStruct prints the struct of the client, or of a namespace:
//
//	type TasksAPI struct {
//		caller rpc.Caller
//
//		// Admin has the methods of tasks.admin.
//		Admin TasksAdminAPI
//	}
func (w *clientWriter) writeStruct(name string, ns *plan.Namespace) {
	if len(ns.Inner) == 0 {
		w.b.Line("type ", name, " struct{ caller rpc.Caller }")
		return
	}
	w.b.Block("type "+name+" struct {", func() {
		w.b.Line("caller rpc.Caller")
		w.b.Line()
		for _, inner := range ns.Inner {
			comment(w.b, w.names.fieldOf[inner]+" has the "+inner.Has()+" of "+inner.Title()+".")
			w.b.Line(w.names.fieldOf[inner], " ", w.names.apis[inner])
		}
	}, "}")
}

// writeCallers hands the caller to the namespaces: "c.Tasks.caller = caller".
func (w *clientWriter) writeCallers(path string, ns *plan.Namespace) {
	for _, inner := range ns.Inner {
		field := path + "." + w.names.fieldOf[inner]
		w.b.Line(field, ".caller = caller")
		w.writeCallers(field, inner)
	}
}

// writeNamespace prints the type of a namespace.
func (w *clientWriter) writeNamespace(ns *plan.Namespace) {
	w.b.Line()
	comment(w.b, w.names.apis[ns]+" has the "+ns.Has()+" of "+ns.Title()+": APIClient."+w.names.paths[ns]+".")
	w.writeStruct(w.names.apis[ns], ns)
}

// newClientSource and apiClientSource are the parts of APIClient that are the same for every API.
const newClientSource = `
// NewAPIClient returns a client that is not connected yet. The userID may be
// empty: it is the token's subject.
func NewAPIClient(url, token, userID string, opts ...rpc.Option) *APIClient {
	return NewAPIClientWith(NewCentrifugoRPCClient(url, token, userID, opts...))
}

// NewAPIClientWith returns a client that calls through caller: a connection that
// is shared, or a fake in tests.
`

const apiClientSource = `
// Connect returns when calls can be answered, or with the reason why they
// cannot. The context bounds the connecting only.
func (c *APIClient) Connect(ctx context.Context) error {
	if caller, ok := c.caller.(interface{ Connect(context.Context) error }); ok {
		return caller.Connect(ctx)
	}
	return nil
}

// Close ends the connection and all calls. Connect opens it again.
func (c *APIClient) Close() error {
	if caller, ok := c.caller.(interface{ Close() error }); ok {
		return caller.Close()
	}
	return nil
}

// APIBatch is an APIClient whose requests leave together.
type APIBatch struct {
	*APIClient
	batch *rpc.Batch
}

// Batch returns a client whose requests leave together, over the same connection: calls
// and streams wait until size of them have come, each from a goroutine of its own, and so
// do the next ones. A deadline goes on meanwhile; a call that ends is not sent, and the
// others go on waiting.
func (c *APIClient) Batch(size int) *APIBatch {
	batch := rpc.NewBatch(c.caller, size)
	return &APIBatch{APIClient: NewAPIClientWith(batch), batch: batch}
}

// Send sends the requests that wait. Those that come later leave at once.
func (b *APIBatch) Send() { b.batch.Send() }
`

// writeErrorMaker prints what makes a declared error from the server's answer:
//
//	func asTaskNotFoundError(err *rpc.Error) error {
//		return &TaskNotFoundError{ServerError: err, Data: rpc.ErrorData(err, (*TaskNotFoundData).codeJSON)}
//	}
func (w *clientWriter) writeErrorMaker(e *schema.APIError) {
	name := w.names.errors[e]
	w.b.Line()
	w.b.Block("func as"+name+"(err *rpc.Error) error {", func() {
		if e.Data == nil {
			w.b.Line("return &", name, "{ServerError: err}")
			return
		}
		w.b.Line("return &", name, "{ServerError: err, Data: rpc.ErrorData(err, ", w.codec.typedFunction(e.Data), ")}")
	}, "}")
}

// writeMethod prints a method and its descriptor:
//
//	var methodTasksGet = rpc.Method[GetTaskParams, Task]{
//		Name:   "tasks.get",
//		Params: (*GetTaskParams).codeJSON,
//		Result: (*Task).codeJSON,
//	}
//
//	// TasksGet: Return one task.
//	func (c *APIClient) TasksGet(ctx context.Context, params GetTaskParams, opts ...rpc.CallOption) (*Task, error) {
//		return rpc.Call(ctx, c.caller, &methodTasksGet, &params, opts)
//	}
//
// Where its channel has placeholders, the call is of methodTasksGet.On("tasks:"+projectID). A method
// that streams its results returns a loop over them, of rpc.Stream:
//
//	func (c *APIClient) TasksFollow(ctx context.Context, params GetTaskParams, opts ...rpc.CallOption) iter.Seq2[*Task, error] {
//		return rpc.Stream(ctx, c.caller, &methodTasksFollow, &params, opts)
//	}
func (w *clientWriter) writeMethod(c *plan.Call) {
	name := w.names.methods[c.Method]
	params, args, value := "struct{}", w.argList(c.Channel), "nil"
	if c.Params != nil {
		params = w.use(w.names.typ(c.Params, true))
		args, value = args+", params "+params, "&params"
	}
	result := "struct{}"
	method := "&" + w.names.constants[c.Method]
	if len(c.Args) > 0 {
		method = w.names.constants[c.Method] + ".On(" + w.channel(c.Channel, c.Args) + ")"
	}
	function, plain, before, after := "rpc.Call", "rpc.PlainValue", "(", ", error)"
	if c.Stream {
		w.imports |= importIter
		function, plain, before, after = "rpc.Stream", "rpc.PlainValues", "iter.Seq2[", ", error]"
	}
	call := function + "(ctx, c.caller, " + method + ", " + value + ", opts)"
	returns := "error"
	if c.Result == nil {
		call = "rpc.OnlyError(" + call + ")"
	} else {
		inner, _ := w.names.stripNull(c.Result)
		result = w.use(w.names.baseOf(inner))
		if w.names.isStruct(inner) || c.NullResult && !w.names.isNilable(inner) {
			before += "*"
		} else {
			call = plain + "(" + call + ")"
		}
		returns = before + result + after
	}
	w.b.Line()
	w.b.Line("var ", w.names.constants[c.Method], " = rpc.Method[", params, ", ", result, "]{")
	w.b.Indent(func() { printRun(w.b, w.descriptor(c)) })
	w.b.Line("}")
	w.b.Line()
	comment(w.b, w.methodDoc(c, name))
	w.b.Block("func (c *"+w.receiver+") "+name+"(ctx context.Context"+args+", opts ...rpc.CallOption) "+returns+" {",
		func() { w.b.Line("return ", call) }, "}")
}

// maxTimeoutMS is the longest timeout that a time.Duration can hold.
const maxTimeoutMS = (1<<63 - 1) / 1_000_000

func (w *clientWriter) descriptor(c *plan.Call) []column {
	var lines []column
	add := func(key, value string) { lines = append(lines, column{cells: []string{key + ":", value + ","}}) }
	add("Name", quote(c.Wire))
	if c.Channel != nil && len(c.Args) == 0 {
		add("Channel", quote(c.Channel.Text))
	}
	if c.Params != nil {
		strict := codecWriter{file: w.file}
		add("Params", strict.typedFunction(c.Params))
	}
	if c.Result != nil {
		inner, null := w.names.stripNull(c.Result)
		add("Result", w.codec.typedPlain(inner))
		if null {
			add("NullResult", "true")
		}
	}
	if len(c.Errors) > 0 {
		makers := make([]string, len(c.Errors))
		for i, e := range c.Errors {
			makers[i] = "{Code: " + strconv.FormatInt(e.Code, 10) + ", Wrap: as" + w.names.errors[e] + "}"
		}
		add("Errors", "[]rpc.DeclaredError{"+strings.Join(makers, ", ")+"}")
	}
	if c.Notify {
		add("Notify", "true")
	}
	if c.Idempotent {
		add("Idempotent", "true")
	}
	if c.TimeoutMS > 0 {
		w.imports |= importTime
		add("Timeout", strconv.FormatInt(min(c.TimeoutMS, maxTimeoutMS), 10)+" * time.Millisecond")
	}
	return lines
}

func (w *clientWriter) methodDoc(c *plan.Call, name string) string {
	text := name + " calls " + c.Wire + "."
	if c.Doc != "" {
		text = about(name, w.prose(c.Doc))
	}
	notes := w.facts.Call(c)
	if len(c.Errors) > 0 {
		declared := make([]string, len(c.Errors))
		for i, e := range c.Errors {
			declared[i] = "[*" + w.names.errors[e] + "]"
		}
		notes = append(notes, "Declared errors: "+strings.Join(declared, ", ")+".")
	}
	if len(notes) > 0 {
		text += "\n\n" + strings.Join(notes, " ")
	}
	return text + w.deprecation(c.Deprecated)
}

// writeEvent prints a subscription:
//
//	// OnTaskUpdated: A task of the project has changed.
//	func (c *APIClient) OnTaskUpdated(ctx context.Context, projectID string, opts ...rpc.EventOption) iter.Seq2[*TaskUpdated, error] {
//		return rpc.Subscribe(ctx, c.caller, "task.updated", "tasks:"+projectID, (*TaskUpdated).codeJSON, opts...)
//	}
func (w *clientWriter) writeEvent(s *plan.Subscription) {
	w.imports |= importIter
	e, name := s.Event, w.names.events[s.Event]
	inner, null := w.names.stripNull(e.Payload)
	payload := w.use(w.names.typeOf(e.Payload))
	events := "rpc.Subscribe(ctx, c.caller, " + quote(e.Wire) + ", " + w.channel(&e.Channel, s.Args) + ", " + w.codec.typedFunction(e.Payload) + ", opts...)"
	if w.names.isStruct(inner) && !null {
		payload = "*" + payload
	} else {
		events = "rpc.PlainValues(" + events + ")"
	}
	args := w.argList(&e.Channel)
	text := name + " subscribes to " + e.Wire + "."
	if e.Doc != "" {
		text = about(name, w.prose(e.Doc)) + "\n\nEvent: " + e.Wire + "."
	}
	w.b.Line()
	comment(w.b, text+" The subscription lasts until the loop ends or ctx is done. "+
		"An event that does not fit its type is an error, and the loop may go on; the last error ends it."+w.deprecation(e.Deprecated))
	w.b.Block("func (c *"+w.receiver+") "+name+"(ctx context.Context"+args+", opts ...rpc.EventOption) iter.Seq2["+payload+", error] {",
		func() { w.b.Line("return ", events) }, "}")
}

// argList declares the arguments for the placeholders of a channel: ", projectID string".
func (w *clientWriter) argList(channel *schema.Template) string {
	args := w.names.args[channel]
	if len(args) == 0 {
		return ""
	}
	return ", " + strings.Join(args, ", ") + " string"
}

// channel is the expression for a channel: "tasks:" + projectID.
func (w *clientWriter) channel(channel *schema.Template, args []schema.TemplatePart) string {
	var parts []string
	for _, p := range channel.Parts {
		if p.Param == "" {
			parts = append(parts, quote(p.Literal))
			continue
		}
		for i, arg := range args {
			if arg.Param == p.Param {
				parts = append(parts, w.names.args[channel][i])
			}
		}
	}
	if len(parts) == 0 {
		return `""`
	}
	return strings.Join(parts, "+")
}
