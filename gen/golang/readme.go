package golang

import (
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
)

// readme prints the package's README.md. Its Go code compiles.
func (g *generator) readme() []byte {
	b := newBuffer()
	b.Raw(gen.MarkdownHeader)
	b.Line("# ", g.opt.Package, ": Go client for ", markdownText(g.title()))
	declared := make([]string, len(g.plan.Errors))
	for i, e := range g.plan.Errors {
		declared[i] = "*" + g.opt.Package + "." + g.names.errors[e]
	}
	gen.WriteSections(b, g.plan.Readme(readmeWords, g.readmeSamples(), declared), "go")
	b.Raw(gen.MarkdownFooter)
	return b.Bytes()
}

var readmeWords = plan.ReadmeWords{
	TokenParam:     "a JWT, or comes from the function that is given with `rpc.WithTokenFunc`",
	Connect:        "Connect",
	Close:          "Close",
	State:          "rpc.WithStateFunc",
	Unauthorized:   "rpc.ErrUnauthorized",
	Timeout:        "rpc.WithTimeout` or `rpc.WithCallTimeout",
	Meta:           "rpc.WithMeta",
	NativeRPC:      "rpc.TransportRPC",
	CallError:      "error",
	Method:         "Method",
	CorrelationID:  "CorrelationID",
	Sent:           "Sent",
	RPCError:       "*rpc.Error",
	InvalidParams:  "*rpc.InvalidParamsError",
	MethodNotFound: "*rpc.MethodNotFoundError",
	CallTimeout:    "*rpc.TimeoutError",
	TimeoutKind:    "also `context.DeadlineExceeded`",
	ConnectionLost: "*rpc.ConnectionLostError",
	NotConnected:   "*rpc.NotConnectedError",
	TooLarge:       "*rpc.RequestTooLargeError",
	ConnectError:   "*rpc.ConnectError",
	Overflow:       "*rpc.EventOverflowError",
	MaxEvents:      "rpc.WithMaxEvents",
	DropOldest:     "rpc.WithDropOldest",
	Window:         "rpc.WithWindow",
	Since:          "rpc.Since",
	Position:       "`rpc.KeepPosition` sets a variable to the place of the event that the loop gets.",
	Lost:           "*rpc.EventsLostError",
	LostPosition:   "Position",
	NoPosition:     "rpc.Position{}",

	SubscriptionToken: "rpc.WithSubscriptionToken",
	UnknownValues: "What only a newer server knows is kept and written back as it came: `IsKnown` of an enum is false then, a union is " +
		"an `Unknown…` type, and members without a field are in `Extra`. `Time()` of dates and times needs no check: they were checked " +
		"when they were read, and their text is sent back as it came; `rpc.NewDateTime` makes one. `rpc.Ptr` is for optional fields.",
}

func (g *generator) readmeSamples() plan.ReadmeSamples {
	c, args := g.firstCall(isAnswered)
	s := plan.ReadmeSamples{
		Install: g.install(),
		Call:    g.readmeExample(c, args),
		NoCall:  c == nil,
		BatchOf: "`Batch(n)` returns a client whose calls and streams wait until n of them have come, each from a goroutine of its own, and then " +
			"leave together in one message to the server; so do the next n. `Send()` sends those that wait, and from then on nothing waits.",
		StreamOf: "A method that streams its results returns a loop over them. The call begins with the loop; each loop is a call of its " +
			"own. Leaving it, or cancelling the context, cancels the call at the server. An error is the last that the loop gets. " +
			"A fake for tests implements `rpc.Streamer` as well.",
		EventOf: "A subscription is a loop over the events of a channel; it ends with the loop or the context.",
		Errors:  g.readmeErrors(),
		Proxy: plan.ReadmeSection{Title: "Proxies", Text: "The proxy is that of the environment (`HTTPS_PROXY`, `NO_PROXY`). `rpc.WithHTTPClient` " +
			"sets another, and certificates; `rpc.WithHeader` adds headers.", Code: proxyCode},
		Interceptors: g.interceptors(),
	}
	if c != nil {
		s.Batch = g.readmeBatch(c, args)
	}
	if c, args := g.firstCall(isStream); c != nil {
		s.Streams = g.readmeStream(c, args)
	}
	if len(g.plan.Subscriptions) > 0 {
		s.Events = g.readmeEvents(g.plan.Subscriptions[0])
		s.Restart = g.readmeRestart(g.plan.Subscriptions[0])
	}
	return s
}

// install tells how the package gets into a program: as a part of the user's module, or as a
// module of its own.
func (g *generator) install() plan.ReadmeSection {
	text, code, after := moduleText, moduleCode, moduleAfter
	if g.opt.Module == "" {
		text, code, after = packageText, packageCode, ""
	}
	fill := strings.NewReplacer("~", "`", "$PATH", g.opt.ImportPath, "$DIR", gen.ShellPath("./"+g.opt.Dir), "$RPC", g.opt.Runtime)
	return plan.ReadmeSection{
		Title: "Install", Language: "sh",
		Text:  "Go 1.23 or newer; the only dependency is `nhooyr.io/websocket`. " + g.names.imports.Needs() + fill.Replace(text),
		Code:  fill.Replace(code),
		After: fill.Replace(after + runtimeText),
	}
}

const (
	packageText = `The package is part of your module:
import it by its path ~$PATH~, and require its dependency once:`
	packageCode = `go get nhooyr.io/websocket@v1.8.17
go mod tidy
`
	moduleText = `Put the folder into your repository and point your
module to it:`
	moduleCode = `go mod edit -require=$PATH@v0.0.0 -replace=$PATH=$DIR
go mod tidy
`
	moduleAfter = `Published under its module path, it is a module like any other, and comes through the ~GOPROXY~ that you have. To build
without one, vendor it:

~~~sh
go mod vendor
go build -mod=vendor ./...
~~~

`
	runtimeText = `The package ~$RPC~ belongs to no API: it has the connection with its options and errors, and the types of values
such as ~rpc.DateTime~. APIs that share it (~go.runtime~ in wsgen.yaml) can share a connection:
~NewAPIClientWith(connection)~ of each takes what ~NewCentrifugoRPCClient~ of one returns, or a fake in tests.`
)

// interceptors show what interceptors are good for.
func (g *generator) interceptors() []plan.ReadmeSection {
	return []plan.ReadmeSection{{
		Title: "Interceptors",
		Text: "`rpc.WithInterceptor` adds a function around each call, notification and stream: for logs, metrics, traces and what is " +
			"sent along. The first one is the outermost. A stream is within them until its loop ends. These log every call, send a language " +
			"along, and repeat a call that an overloaded server has refused:",
		Code: interceptorCode + `
func observed(token string) *` + g.opt.Package + `.APIClient {
	return ` + g.opt.Package + `.NewAPIClient("wss://example.com/connection/websocket", token, "",
		rpc.WithInterceptor(logCalls), rpc.WithInterceptor(sendLanguage), rpc.WithInterceptor(tryAgain))
}
`,
	}, {
		Title: "OpenTelemetry",
		Text: "The package needs nothing of OpenTelemetry. With its modules `go.opentelemetry.io/otel` and `go.opentelemetry.io/otel/trace`, " +
			"this interceptor makes a span of each call, which the server continues:",
		Code: tracingCode,
	}}
}

const interceptorCode = `func logCalls(ctx context.Context, req *rpc.Request, next func(context.Context) error) error {
	start := time.Now()
	err := next(ctx)
	slog.InfoContext(ctx, "call", "method", req.Method, "id", req.CorrelationID, "took", time.Since(start), "error", err)
	return err
}

func sendLanguage(ctx context.Context, req *rpc.Request, next func(context.Context) error) error {
	req.AddMeta("accept_language", "de")
	return next(ctx)
}

func tryAgain(ctx context.Context, _ *rpc.Request, next func(context.Context) error) error {
	var refused *rpc.Error
	err := next(ctx)
	if !errors.As(err, &refused) || refused.Code != -32003 {
		return err
	}
	select {
	case <-time.After(time.Second):
		return next(ctx)
	case <-ctx.Done():
		return err
	}
}
`

const tracingCode = `func traceCalls(ctx context.Context, req *rpc.Request, next func(context.Context) error) error {
	ctx, span := otel.Tracer("wsgen").Start(ctx, req.Method, trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("rpc.system.name", "jsonrpc"), attribute.String("rpc.method", req.Method)))
	defer span.End()
	carrier := propagation.MapCarrier{}
	otel.GetTextMapPropagator().Inject(ctx, carrier)
	for key, value := range carrier {
		req.AddMeta(key, value)
	}
	err := next(ctx)
	if err != nil {
		span.SetStatus(codes.Error, err.Error())
	}
	return err
}
`

const proxyCode = `func throughProxy(proxy *url.URL) rpc.Option {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = http.ProxyURL(proxy)
	return rpc.WithHTTPClient(&http.Client{Transport: transport})
}
`

// readmeErrors shows what to do about errors, a declared one among them, if there is any.
func (g *generator) readmeErrors() string {
	variable, branch := "", ""
	if len(g.plan.Errors) > 0 {
		name := g.names.errors[g.plan.Errors[0]]
		variable = "	var declared *" + g.opt.Package + "." + name + "\n"
		branch = "	case errors.As(err, &declared):\n		log.Print(\"" + name + ": \", declared.Message)\n"
	}
	return `func explain(err error) {
` + variable + `	var answer *rpc.Error
	var offline *rpc.NotConnectedError
	switch {
` + branch + `	case errors.As(err, &answer):
		log.Print(answer.Code, answer.Message)
	case errors.As(err, &offline):
		log.Print("it did not run: ", err)
	case errors.Is(err, context.DeadlineExceeded):
		log.Print("no reply in time")
	default:
		log.Print(err)
	}
}
`
}

// markdownText keeps a title from being anything but text.
func markdownText(s string) string {
	return strings.NewReplacer("<", "&lt;", ">", "&gt;", "&", "&amp;", "`", "'", "[", "(", "]", ")").Replace(visible(s))
}

func isAnswered(c *plan.Call) bool { return !c.Notify && !c.Stream }

func isStream(c *plan.Call) bool { return c.Stream }

// firstCall is the call of an example: the first one of a kind whose arguments are easily written.
func (g *generator) firstCall(of func(*plan.Call) bool) (c *plan.Call, args string) {
	for _, c := range g.plan.Calls {
		if !of(c) || len(c.Args) > 0 {
			continue
		}
		if c.Params == nil {
			return c, "ctx"
		}
		if params, ok := g.sample(c.Params); ok {
			return c, "ctx, " + params
		}
	}
	return nil, ""
}

// readmeExample is a program that makes a call.
func (g *generator) readmeExample(c *plan.Call, args string) string {
	imported := `	"` + g.opt.ImportPath + "\"\n"
	if strings.Contains(args, "rpc.") {
		imported += `	"` + g.opt.Runtime + "\"\n"
	}
	code := `package main

import (
	"context"
	"log"

` + imported + `)

func main() {
	ctx := context.Background()
	api := ` + g.opt.Package + `.NewAPIClient("wss://example.com/connection/websocket", "TOKEN", "456")
	if err := api.Connect(ctx); err != nil {
		log.Fatal(err)
	}
	defer api.Close()
`
	if c == nil {
		return code + "}\n"
	}
	call := "api." + g.names.paths[c.Method] + "(" + args + ")"
	if c.Result == nil {
		return code + "\n\tif err := " + call + "; err != nil {\n\t\tlog.Print(err)\n\t}\n}\n"
	}
	return code + "\n\tresult, err := " + call + "\n\tif err != nil {\n\t\tlog.Print(err)\n\t\treturn\n\t}\n\tlog.Print(result)\n}\n"
}

// readmeBatch is two calls that leave together.
func (g *generator) readmeBatch(c *plan.Call, args string) string {
	call := "batch." + g.names.paths[c.Method] + "(" + args + ")"
	if c.Result == nil {
		call = "\t\t\tif err := " + call + "; err != nil {\n\t\t\t\tlog.Print(err)\n\t\t\t}\n"
	} else {
		call = "\t\t\tresult, err := " + call + "\n\t\t\tlog.Print(result, err)\n"
	}
	return "func several(ctx context.Context, api *" + g.opt.Package + ".APIClient) {\n" + `	const calls = 2
	batch := api.Batch(calls)
	var done sync.WaitGroup
	done.Add(calls)
	for range calls {
		go func() {
			defer done.Done()
` + call + `		}()
	}
	done.Wait()
}
`
}

// readmeStream is a loop over a stream.
func (g *generator) readmeStream(c *plan.Call, args string) string {
	return "func follow(ctx context.Context, api *" + g.opt.Package + ".APIClient) error {\n" +
		"\tfor item, err := range api." + g.names.paths[c.Method] + "(" + args + `) {
		if err != nil {
			return err
		}
		log.Print(item)
	}
	return nil
}
`
}

func (g *generator) readmeEvents(s *plan.Subscription) string {
	args := "ctx" + strings.Repeat(`, "456"`, len(s.Args))
	return "func watch(ctx context.Context, api *" + g.opt.Package + ".APIClient) {\n" +
		"\tfor event, err := range api." + g.names.paths[s.Event] + "(" + args + `) {
		if err != nil {
			log.Print(err)
			continue
		}
		log.Print(event)
	}
}
`
}

// readmeRestart is a loop that goes on where an earlier one has ended.
func (g *generator) readmeRestart(s *plan.Subscription) string {
	args := "ctx" + strings.Repeat(`, "456"`, len(s.Args))
	return "func goOn(ctx context.Context, api *" + g.opt.Package + ".APIClient, position rpc.Position, store func(rpc.Position)) {\n" +
		"\tevents := api." + g.names.paths[s.Event] + "(" + args + `, rpc.Since(position), rpc.KeepPosition(&position))
	for event, err := range events {
		var lost *rpc.EventsLostError
		switch {
		case errors.As(err, &lost):
			store(lost.Position)
		case err != nil:
			log.Print(err)
		default:
			log.Print(event)
			store(position)
		}
	}
}
`
}
