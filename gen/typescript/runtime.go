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
	settingsBegin = "const api: APISettings = {\n"
	settingsEnd   = "};\n"
)

// How modules may name each other, besides by the extension .js.
const (
	importsTS   = ".ts"
	importsNone = "none"
)

// extension is what ends the names of modules in imports.
func extension(opt gen.Options) string {
	switch opt.Imports {
	case importsTS:
		return ".ts"
	case importsNone:
		return ""
	default:
		return ".js"
	}
}

// imported finds the imports of other modules in a file of the runtime.
var imported = regexp.MustCompile(`(?m)^(.* from "\.{1,2}/[^"]*)\.js";$`)

// source returns a file of the runtime, in which modules are named as opt says.
func source(name string, opt gen.Options) string {
	return imported.ReplaceAllString(runtimeSource(name), "${1}"+extension(opt)+`";`)
}

// runtimeSource returns a file of the runtime as it is.
var runtimeSource = gen.SourcesOf(runtime)

// moduleOf returns a module of the runtime as it is emitted.
func moduleOf(name string, opt gen.Options) []byte {
	return []byte(header + "\n\n" + source(name, opt))
}

// runtimeFiles returns the runtime's modules, which are the same for every API.
func runtimeFiles(opt gen.Options) []gen.File {
	entries, err := runtime.ReadDir("runtime/rpc")
	if err != nil {
		panic(err)
	}
	var files []gen.File
	for _, e := range entries {
		if e.Name() != "checks.ts" || opt.Validate {
			files = append(files, gen.File{Path: "typescript/rpc/" + e.Name(), Data: moduleOf("rpc/"+e.Name(), opt)})
		}
	}
	return files
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
