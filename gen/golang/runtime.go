package golang

import (
	"embed"
	"sort"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen"
)

// runtimeFiles are a package of their own, compiled and tested as they stand.
//
//go:embed runtime/lexer.go runtime/decode.go runtime/union.go runtime/encode.go runtime/values.go
//go:embed runtime/rpc_client.go runtime/options.go runtime/errors.go runtime/call.go
//go:embed runtime/session.go runtime/channels.go runtime/requests.go runtime/pending.go
//go:embed runtime/listener.go runtime/states.go runtime/link.go runtime/protocol.go
var runtimeFiles embed.FS

// The runtime's sources that make up each emitted file, in this order.
var (
	codecSources = []string{"lexer.go", "decode.go", "union.go", "encode.go", "values.go"}
	rpcSources   = []string{
		"rpc_client.go", "options.go", "errors.go", "call.go", "session.go", "channels.go", "requests.go",
		"pending.go", "listener.go", "states.go", "link.go", "protocol.go",
	}
)

// lint tells staticcheck why the runtime uses a package that is marked deprecated.
const lint = "//lint:file-ignore SA1019 the successor's import path is on github.com; this one has the same code\n\n"

// goSum holds the hashes of the only dependency.
var goSum = []byte(`nhooyr.io/websocket v1.8.17 h1:KEVeLJkUywCKVsnLIDlD/5gtayKp8VoCkksHCGGfT9Y=
nhooyr.io/websocket v1.8.17/go.mod h1:rN9OFWIUwuxg4fR5tELlYC04bXYowCP9GX47ivo2l+c=
`)

func (g *generator) goMod() []byte {
	return []byte("module " + g.opt.Module + "\n\ngo 1.23\n\nrequire nhooyr.io/websocket v1.8.17\n")
}

// rpcClient prints rpc_client.go: the runtime with this API's channels.
func (g *generator) rpcClient() []byte {
	return []byte(header + "\n" + lint + g.runtimeSource(rpcSources, []constant{
		{"defaultRequestsChannel", g.model.Requests},
		{"defaultReplyChannel", g.model.Reply.Text},
		{"apiVersion", g.model.Info.Version},
	}))
}

// constant is a string constant of the runtime that the document decides.
type constant struct{ name, value string }

// runtimeSource joins runtime files to one of the generated package: one package
// clause, one list of imports. The string constants take new values; each must
// be there, on a line of its own.
func (g *generator) runtimeSource(files []string, constants []constant) string {
	imports := map[string]bool{}
	var body strings.Builder
	for _, file := range files {
		text := source(file)
		for _, path := range importsOf(text) {
			imports[path] = true
		}
		body.WriteString("\n" + bodyOf(text))
	}
	text := body.String()
	for _, c := range constants {
		text = replaceConstant(text, c.name, c.value)
	}
	return "package " + g.opt.Package + "\n\n" + importBlock(imports) + text
}

// source returns a file of the runtime.
var source = gen.SourcesOf(runtimeFiles)

// importsOf returns the paths in a file's import declaration.
func importsOf(text string) []string {
	_, rest, _ := strings.Cut(text, "\nimport ")
	if path, ok := strings.CutPrefix(rest, `"`); ok {
		path, _, _ = strings.Cut(path, `"`)
		return []string{path}
	}
	block, _, _ := strings.Cut(strings.TrimPrefix(rest, "("), "\n)")
	var paths []string
	for _, line := range strings.Split(block, "\n") {
		if path, err := strconv.Unquote(strings.TrimSpace(line)); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// bodyOf returns what follows a file's import declaration.
func bodyOf(text string) string {
	_, rest, _ := strings.Cut(text, "\nimport ")
	end := "\n"
	if rest[0] == '(' {
		end = "\n)\n"
	}
	_, body, _ := strings.Cut(rest, end)
	return strings.TrimLeft(body, "\n")
}

// importBlock prints the standard library first, then the rest.
func importBlock(imports map[string]bool) string {
	var std, others []string
	for path := range imports {
		if first, _, _ := strings.Cut(path, "/"); strings.Contains(first, ".") {
			others = append(others, "\t"+quote(path)+"\n")
		} else {
			std = append(std, "\t"+quote(path)+"\n")
		}
	}
	sort.Strings(std)
	sort.Strings(others)
	block := "import (\n" + strings.Join(std, "")
	if len(others) > 0 {
		block += "\n" + strings.Join(others, "")
	}
	return block + ")\n"
}

// replaceConstant gives the constant of the runtime a value. A runtime without
// it is a mistake in this package.
func replaceConstant(text, name, value string) string {
	before, rest, found := strings.Cut(text, "\nconst "+name+" = ")
	_, after, _ := strings.Cut(rest, "\n")
	if !found {
		panic("golang: the runtime has no constant " + name)
	}
	return before + "\nconst " + name + " = " + quote(value) + "\n" + after
}
