package golang

import (
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
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

	SubscriptionToken: "rpc.WithSubscriptionToken",
	UnknownValues: "What only a newer server knows is kept and written back as it came: `IsKnown` of an enum is false then, a union is " +
		"an `Unknown…` type, and members without a field are in `Extra`. `Time()` of dates and times needs no check: they were checked " +
		"when they were read, and their text is sent back as it came; `rpc.NewDateTime` makes one. `rpc.Ptr` is for optional fields.",
}

func (g *generator) readmeSamples() plan.ReadmeSamples {
	s := plan.ReadmeSamples{
		Install: g.install(),
		Call:    g.readmeExample(),
		EventOf: "A subscription is a loop over the events of a channel; it ends with the loop or the context.",
		Errors:  g.readmeErrors(),
		Proxy: plan.ReadmeSection{Title: "Proxies", Text: "The proxy is that of the environment (`HTTPS_PROXY`, `NO_PROXY`). `rpc.WithHTTPClient` " +
			"sets another, and certificates; `rpc.WithHeader` adds headers.", Code: proxyCode},
	}
	if len(g.plan.Subscriptions) > 0 {
		s.Events = g.readmeEvents(g.plan.Subscriptions[0])
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
		Text:  "Go 1.23 or newer; the only dependency is `nhooyr.io/websocket`. " + fill.Replace(text),
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
GOPROXY=off go build -mod=vendor ./...
~~~

`
	runtimeText = `The package ~$RPC~ belongs to no API: it has the connection with its options and errors, and the types of values
such as ~rpc.DateTime~. APIs that share it (~go.runtime~ in wsgen.yaml) can share a connection:
~NewAPIClientWith(connection)~ of each takes what ~NewCentrifugoRPCClient~ of one returns, or a fake in tests.`
)

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

// isShown tells whether a call may be the example: its arguments are easily written.
func (g *generator) isShown(c *plan.Call) bool {
	object, isObject := schema.Core(c.Params).(*schema.Object)
	return !c.Notify && len(c.Args) == 0 && (c.Params == nil || isObject && object != nil || g.names.isNilable(c.Params))
}

// readmeParams writes params with their first plain member set.
func (g *generator) readmeParams(c *plan.Call) string {
	if g.names.isNilable(c.Params) {
		return "nil"
	}
	name := g.opt.Package + "." + g.names.typeOf(c.Params).text
	if o, ok := schema.Core(c.Params).(*schema.Object); ok {
		for _, m := range g.members[o] {
			if m.Required && m.Const == nil && m.typ.text == "string" {
				return name + "{" + m.name + `: "456"}`
			}
		}
	}
	return name + "{}"
}

// readmeExample is a program that makes a call: the first one that is answered.
func (g *generator) readmeExample() string {
	code := `package main

import (
	"context"
	"log"

	"` + g.opt.ImportPath + `"
)

func main() {
	ctx := context.Background()
	api := ` + g.opt.Package + `.NewAPIClient("wss://example.com/connection/websocket", "TOKEN", "456")
	if err := api.Connect(ctx); err != nil {
		log.Fatal(err)
	}
	defer api.Close()
`
	for _, c := range g.plan.Calls {
		if !g.isShown(c) {
			continue
		}
		args := "ctx"
		if c.Params != nil {
			args += ", " + g.readmeParams(c)
		}
		call := "api." + g.names.methods[c.Method] + "(" + args + ")"
		if c.Result == nil {
			return code + "\n\tif err := " + call + "; err != nil {\n\t\tlog.Print(err)\n\t}\n}\n"
		}
		return code + "\n\tresult, err := " + call + "\n\tif err != nil {\n\t\tlog.Print(err)\n\t\treturn\n\t}\n\tlog.Print(result)\n}\n"
	}
	return code + "}\n"
}

func (g *generator) readmeEvents(s *plan.Subscription) string {
	args := "ctx" + strings.Repeat(`, "456"`, len(s.Args))
	return "func watch(ctx context.Context, api *" + g.opt.Package + ".APIClient) {\n" +
		"\tfor event, err := range api." + g.names.events[s.Event] + "(" + args + `) {
		if err != nil {
			log.Print(err)
			continue
		}
		log.Print(event)
	}
}
`
}
