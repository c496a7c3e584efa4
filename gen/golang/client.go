package golang

import (
	"sort"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

// client prints client.go: APIClient with a method for each RPC and event.
func (g *generator) client() []byte {
	b := newBuffer()
	b.Raw(header)
	b.Line()
	b.Line("package ", g.opt.Package)
	b.Line()
	w := &clientWriter{generator: g, b: b, imports: map[string]bool{"context": true}}
	w.note()
	writeImports(b, w.importList())
	w.writeAPIClient()
	for _, e := range g.model.Errors {
		w.writeErrorMaker(e)
	}
	for _, m := range g.model.Methods {
		w.writeMethod(m)
	}
	for _, e := range g.model.Events {
		w.writeEvent(e)
	}
	return b.Bytes()
}

type clientWriter struct {
	*generator
	b       *emit.Buffer
	imports map[string]bool
}

// note finds the packages that the signatures need: they come first in the file.
func (w *clientWriter) note() {
	typed := func(t schema.Type) {
		if t == nil {
			return
		}
		expr := w.names.typeExpr(t)
		w.imports["encoding/json"] = w.imports["encoding/json"] || strings.Contains(expr, "json.")
		w.imports["math/big"] = w.imports["math/big"] || strings.Contains(expr, "big.")
	}
	for _, m := range w.model.Methods {
		typed(m.Params)
		typed(m.Result)
		w.imports["time"] = w.imports["time"] || m.TimeoutMS > 0
	}
	for _, e := range w.model.Events {
		typed(e.Payload)
		w.imports["iter"] = true
	}
}

func (w *clientWriter) importList() []string {
	var paths []string
	for path, used := range w.imports {
		if used {
			paths = append(paths, path)
		}
	}
	sort.Strings(paths)
	return paths
}

// writeImports prints one import, or a block of several.
func writeImports(b *emit.Buffer, paths []string) {
	switch len(paths) {
	case 0:
		return
	case 1:
		b.Line("import ", quote(paths[0]))
	default:
		b.Block("import (", func() {
			for _, p := range paths {
				b.Line(quote(p))
			}
		}, ")")
	}
	b.Line()
}

func (w *clientWriter) writeAPIClient() {
	comment(w.b, "APIClient calls the methods of "+w.title()+". It is safe for use by several goroutines.")
	w.b.Raw(apiClientSource)
}

// apiClientSource is the part of APIClient that is the same for every API.
const apiClientSource = `type APIClient struct{ caller Caller }

// NewAPIClient returns a client that is not connected yet. The userID may be
// empty: it is the token's subject.
func NewAPIClient(url, token, userID string, opts ...Option) *APIClient {
	return NewAPIClientWith(NewCentrifugoRPCClient(url, token, userID, opts...))
}

// NewAPIClientWith returns a client that calls through caller: a connection that
// is shared, or a fake in tests.
func NewAPIClientWith(caller Caller) *APIClient {
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

// writeErrorMaker prints what makes a declared error from an RPCError:
//
//	func asTaskNotFound(err *RPCError) error {
//		e := &TaskNotFound{RPCError: err}
//		err.decodeData(…)
//		return e
//	}
func (w *clientWriter) writeErrorMaker(e *schema.APIError) {
	name := w.names.errors[e]
	w.b.Line()
	w.b.Block("func as"+name+"(err *RPCError) error {", func() {
		if e.Data == nil {
			w.b.Line("return &", name, "{RPCError: err}")
			return
		}
		w.b.Line("return &", name, "{RPCError: err, Data: decodeData(err, ", w.decodeFunc(e.Data), ")}")
	}, "}")
}

// decodeFunc and encodeFunc are those of the codec, with their types where Go
// cannot infer them. Results, events and errors are tolerant.
func (w *clientWriter) decodeFunc(t schema.Type) string {
	c := codecWriter{generator: w.generator, tolerant: true}
	return c.typedDecoder(t)
}

// writeMethod prints a method and its descriptor:
//
//	var methodTasksGet = method[GetTaskParams, Task]{
//		name:   "tasks.get",
//		encode: (*GetTaskParams).encodeJSON,
//		decode: (*Task).decodeJSON,
//	}
//
//	// TasksGet: Return one task.
//	func (c *APIClient) TasksGet(ctx context.Context, params GetTaskParams, opts ...CallOption) (*Task, error) {
//		return call(ctx, c.caller, &methodTasksGet, &params, opts)
//	}
func (w *clientWriter) writeMethod(m *schema.Method) {
	name := w.names.methods[m]
	params, result := "struct{}", "struct{}"
	if m.Params != nil {
		params = w.names.typeExpr(m.Params)
	}
	inner, null := resultType(m)
	if inner != nil {
		result = w.names.baseExpr(inner)
	}
	w.b.Line()
	w.b.Line("var method", name, " = method[", params, ", ", result, "]{")
	w.b.Indent(func() { printRun(w.b, w.descriptor(m, inner, null)) })
	w.b.Line("}")
	w.b.Line()
	comment(w.b, w.methodDoc(m, name))
	args, value := "", "nil"
	if m.Params != nil {
		args, value = ", params "+params, "&params"
	}
	call := "call(ctx, c.caller, &method" + name + ", " + value + ", opts)"
	returns := "(" + result + ", error)"
	switch {
	case inner == nil:
		returns, call = "error", "onlyError("+call+")"
	case isStruct(inner) || null && !isNilable(inner):
		returns = "(*" + result + ", error)"
	default:
		call = "plainValue(" + call + ")"
	}
	w.b.Block("func (c *APIClient) "+name+"(ctx context.Context"+args+", opts ...CallOption) "+returns+" {",
		func() { w.b.Line("return ", call) }, "}")
}

// resultType is what a method returns, nil for nothing.
func resultType(m *schema.Method) (inner schema.Type, null bool) {
	if m.Result == nil || m.Notify {
		return nil, false
	}
	inner, null = stripNull(m.Result)
	if _, ok := core(inner).(*schema.Null); ok {
		return nil, false
	}
	return inner, null
}

func (w *clientWriter) descriptor(m *schema.Method, result schema.Type, null bool) []column {
	var lines []column
	add := func(key, value string) { lines = append(lines, column{cells: []string{key + ":", value + ","}}) }
	add("name", quote(m.Wire))
	if m.Params != nil {
		c := codecWriter{generator: w.generator}
		add("encode", c.encodeFunc(m.Params))
	}
	if result != nil {
		add("decode", w.decodeFunc(result))
	}
	if null {
		add("maybe", "true")
	}
	if len(m.Errors) > 0 {
		makers := make([]string, len(m.Errors))
		for i, e := range m.Errors {
			makers[i] = "{" + strconv.FormatInt(e.Code, 10) + ", as" + w.names.errors[e] + "}"
		}
		add("errors", "[]declaredError{"+strings.Join(makers, ", ")+"}")
	}
	if m.Notify {
		add("notify", "true")
	}
	if m.Idempotent {
		add("repeat", "true")
	}
	if m.TimeoutMS > 0 {
		add("timeout", strconv.FormatInt(m.TimeoutMS, 10)+" * time.Millisecond")
	}
	return lines
}

func (w *clientWriter) methodDoc(m *schema.Method, name string) string {
	text := name + " calls " + m.Wire + "."
	if m.Doc != "" {
		text = name + ": " + m.Doc
	}
	var notes []string
	if m.Doc != "" {
		notes = append(notes, "RPC: "+m.Wire+".")
	}
	if m.Notify {
		notes = append(notes, "It returns when the request is accepted: there is no reply.")
	}
	if m.Params != nil && schema.AllOptional(m.Params) {
		notes = append(notes, "The params may be empty.")
	}
	if len(m.Errors) > 0 {
		var names []string
		for _, e := range m.Errors {
			names = append(names, "[*"+w.names.errors[e]+"]")
		}
		notes = append(notes, "Declared errors: "+strings.Join(names, ", ")+".")
	}
	if len(notes) > 0 {
		text += "\n\n" + strings.Join(notes, " ")
	}
	return text + deprecation(m.Deprecated)
}

// writeEvent prints a subscription:
//
//	// TaskUpdated: A task of the project has changed.
//	func (c *APIClient) TaskUpdated(ctx context.Context, projectID string) iter.Seq2[*TaskUpdated, error] {
//		return subscribe(ctx, c.caller, "task.updated", "tasks:"+projectID, (*TaskUpdated).decodeJSON)
//	}
func (w *clientWriter) writeEvent(e *schema.Event) {
	name := w.names.events[e]
	inner, null := stripNull(e.Payload)
	payload := w.names.baseExpr(inner)
	pointer := isStruct(inner) && !null
	decode := w.decodeFunc(e.Payload)
	events := "subscribe(ctx, c.caller, " + quote(e.Wire) + ", " + w.channel(e) + ", " + decode + ")"
	if pointer {
		payload = "*" + payload
	} else {
		payload = w.names.typeExpr(e.Payload)
		events = "plainValues(" + events + ")"
	}
	args := ""
	if a := w.names.args[e]; len(a) > 0 {
		args = ", " + strings.Join(a, ", ") + " string"
	}
	text := name + " subscribes to " + e.Wire + "."
	if e.Doc != "" {
		text = name + ": " + e.Doc + "\n\nEvent: " + e.Wire + "."
	}
	w.b.Line()
	comment(w.b, text+" The subscription lasts until the loop ends or ctx is done. "+
		"An event that does not fit its type is an error, and the loop may go on; the last error ends it."+deprecation(e.Deprecated))
	w.b.Block("func (c *APIClient) "+name+"(ctx context.Context"+args+") iter.Seq2["+payload+", error] {",
		func() { w.b.Line("return ", events) }, "}")
}

// channel is the expression for an event's channel: "tasks:" + projectID.
func (w *clientWriter) channel(e *schema.Event) string {
	var parts []string
	args := w.names.args[e]
	for _, p := range e.Channel.Parts {
		if p.Param == "" {
			parts = append(parts, quote(p.Literal))
			continue
		}
		parts, args = append(parts, args[0]), args[1:]
	}
	if len(parts) == 0 {
		return `""`
	}
	return strings.Join(parts, "+")
}
