package typescript

import (
	"embed"
	"regexp"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

//go:embed runtime/*.ts runtime/rpc/*.ts
var runtime embed.FS

// What a document decides about the files of the runtime.
const (
	markName           = `"name": "centrifugo-client"`
	markPackageVersion = `"version": "0.0.0"`
	markExports        = "  \"exports\": {\n"
	settingsBegin      = "const api: APISettings = {\n"
	settingsEnd        = "};\n"
)

// validateExport is the entry point of validators in package.json.
const validateExport = `    "./validate": {
      "types": "./dist/validate.d.ts",
      "default": "./dist/validate.js"
    },
`

// runtimeFiles returns the runtime's modules, which are the same for every API.
func runtimeFiles(opt gen.Options) []gen.File {
	entries, err := runtime.ReadDir("runtime/rpc")
	if err != nil {
		panic(err)
	}
	var files []gen.File
	for _, e := range entries {
		if e.Name() != "checks.ts" || opt.Validate {
			files = append(files, gen.File{Path: "typescript/rpc/" + e.Name(), Data: []byte(header + "\n\n" + source("rpc/"+e.Name()))})
		}
	}
	return files
}

// writeConfig returns tsconfig.json.
func writeConfig(opt gen.Options) []byte {
	s := source("package/tsconfig.json")
	if opt.Validate {
		s = replaceOnce(s, `["index.ts"]`, `["index.ts", "validate.ts"]`)
	}
	return []byte(s)
}

// writeRPCClient returns rpc-client.ts with the API's settings:
//
//	const api: APISettings = {
//	  requestsChannel: "rpc.requests",
//	  replyChannel: "user#{user_id}",
//	  version: "1.0.0",
//	  longestTimeoutMs: 0,
//	};
func writeRPCClient(m *schema.Model, opt gen.Options) []byte {
	before, rest, _ := strings.Cut(source("rpc-client.ts", opt), settingsBegin)
	_, after, found := strings.Cut(rest, settingsEnd)
	if !found {
		panic("typescript: rpc-client.ts has no settings")
	}
	b := emit.New(indent, lineWidth)
	b.Line(header)
	b.Blank()
	b.Raw(before + settingsBegin)
	b.Indent(func() {
		writeString(b, "requestsChannel", m.Requests)
		writeString(b, "replyChannel", m.Reply.Text)
		writeString(b, "version", m.Info.Version)
		b.Line("longestTimeoutMs: ", strconv.FormatInt(longestTimeout(m), 10), ",")
	})
	b.Raw(settingsEnd + after)
	return b.Bytes()
}

// longestTimeout returns how many milliseconds the slowest method takes, as far as
// the document says.
func longestTimeout(m *schema.Model) int64 {
	var longest int64
	for _, me := range m.Methods {
		longest = max(longest, me.TimeoutMS)
	}
	return longest
}

// source returns a file of the runtime.
var source = gen.SourcesOf(runtime)

// writePackage returns package.json.
func writePackage(m *schema.Model, opt gen.Options) []byte {
	s := replaceOnce(source("package/package.json"), markName, `"name": `+jsonString(packageName(opt)))
	if isSemver(m.Info.Version) {
		s = replaceOnce(s, markPackageVersion, `"version": `+jsonString(m.Info.Version))
	}
	if opt.Validate {
		s = replaceOnce(s, markExports, markExports+validateExport)
	}
	return []byte(s)
}

func packageName(opt gen.Options) string {
	if opt.Package != "" {
		return opt.Package
	}
	return "centrifugo-client"
}

// isSemver tells whether npm accepts s as a version: three plain numbers.
func isSemver(s string) bool {
	numbers := strings.Split(s, ".")
	for _, n := range numbers {
		if n == "" || len(n) > 9 || len(n) > 1 && n[0] == '0' || strings.Trim(n, "0123456789") != "" {
			return false
		}
	}
	return len(numbers) == 3
}

// replaceOnce replaces a marked piece of a file of the runtime.
func replaceOnce(s, marked, by string) string {
	before, after, found := strings.Cut(s, marked)
	if !found {
		panic("typescript: the runtime lacks " + marked)
	}
	return before + by + after
}

// jsonString quotes a string for JSON.
func jsonString(s string) string {
	n := text.Node{Kind: text.KindString, Text: s}
	return n.JSON()
}
