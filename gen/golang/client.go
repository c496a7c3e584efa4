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
	for _, c := range g.plan.Calls {
		w.writeMethod(c)
	}
	for _, s := range g.plan.Subscriptions {
		w.writeEvent(s)
	}
	return f.bytes("", "context")
}

type clientWriter struct {
	*file
	codec codecWriter // for results, events and errors, which are tolerant
}

func (w *clientWriter) writeAPIClient() {
	comment(w.b, "APIClient calls the methods of "+w.title()+". It is safe for use by several goroutines.")
	w.b.Raw(apiClientSource)
}

// apiClientSource is the part of APIClient that is the same for every API.
const apiClientSource = `type APIClient struct{ caller rpc.Caller }

// NewAPIClient returns a client that is not connected yet. The userID may be
// empty: it is the token's subject.
func NewAPIClient(url, token, userID string, opts ...rpc.Option) *APIClient {
	return NewAPIClientWith(NewCentrifugoRPCClient(url, token, userID, opts...))
}

// NewAPIClientWith returns a client that calls through caller: a connection that
// is shared, or a fake in tests.
func NewAPIClientWith(caller rpc.Caller) *APIClient {
	return &APIClient{caller: caller}
}

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
// Where its channel has placeholders, the call is of methodTasksGet.On("tasks:"+projectID).
func (w *clientWriter) writeMethod(c *plan.Call) {
	name := w.names.methods[c.Method]
	params, args, value := "struct{}", w.argList(c.Channel), "nil"
	if c.Params != nil {
		params = w.use(w.names.typeOf(c.Params))
		args, value = args+", params "+params, "&params"
	}
	result := "struct{}"
	method := "&method" + name
	if len(c.Args) > 0 {
		method = "method" + name + ".On(" + w.channel(c.Channel, c.Args) + ")"
	}
	call := "rpc.Call(ctx, c.caller, " + method + ", " + value + ", opts)"
	returns := "error"
	if c.Result == nil {
		call = "rpc.OnlyError(" + call + ")"
	} else {
		inner, _ := w.names.stripNull(c.Result)
		result = w.use(w.names.baseOf(inner))
		returns = "(" + result + ", error)"
		if isStruct(inner) || c.NullResult && !w.names.isNilable(inner) {
			returns = "(*" + result + ", error)"
		} else {
			call = "rpc.PlainValue(" + call + ")"
		}
	}
	w.b.Line()
	w.b.Line("var method", name, " = rpc.Method[", params, ", ", result, "]{")
	w.b.Indent(func() { printRun(w.b, w.descriptor(c)) })
	w.b.Line("}")
	w.b.Line()
	comment(w.b, w.methodDoc(c, name))
	w.b.Block("func (c *APIClient) "+name+"(ctx context.Context"+args+", opts ...rpc.CallOption) "+returns+" {",
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
		text = name + ": " + w.prose(c.Doc)
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
//	func (c *APIClient) OnTaskUpdated(ctx context.Context, projectID string) iter.Seq2[*TaskUpdated, error] {
//		return rpc.Subscribe(ctx, c.caller, "task.updated", "tasks:"+projectID, (*TaskUpdated).codeJSON)
//	}
func (w *clientWriter) writeEvent(s *plan.Subscription) {
	w.imports |= importIter
	e, name := s.Event, w.names.events[s.Event]
	inner, null := w.names.stripNull(e.Payload)
	payload := w.use(w.names.typeOf(e.Payload))
	events := "rpc.Subscribe(ctx, c.caller, " + quote(e.Wire) + ", " + w.channel(&e.Channel, s.Args) + ", " + w.codec.typedFunction(e.Payload) + ")"
	if isStruct(inner) && !null {
		payload = "*" + payload
	} else {
		events = "rpc.PlainValues(" + events + ")"
	}
	args := w.argList(&e.Channel)
	text := name + " subscribes to " + e.Wire + "."
	if e.Doc != "" {
		text = name + ": " + w.prose(e.Doc) + "\n\nEvent: " + e.Wire + "."
	}
	w.b.Line()
	comment(w.b, text+" The subscription lasts until the loop ends or ctx is done. "+
		"An event that does not fit its type is an error, and the loop may go on; the last error ends it."+w.deprecation(e.Deprecated))
	w.b.Block("func (c *APIClient) "+name+"(ctx context.Context"+args+") iter.Seq2["+payload+", error] {",
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
