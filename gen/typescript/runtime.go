package typescript

import (
	"cmp"
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
var imported = regexp.MustCompile(`(?m)^(.* from ")(\.{1,2}/[^"]*)\.js";$`)

// source returns a file of the runtime, in which modules are named as opt says.
func source(name string, opt gen.Options) string {
	s := settingsOf(opt)
	text := runtimeSource(name)
	if s.exactly() && jsonModules[name] != "" {
		// Before its first import.
		text = strings.Replace(text, "\nimport ", "\nimport { JSON } from \""+jsonModules[name]+"\";\nimport ", 1)
	}
	if s.converts() && name == "tanstack-query.ts" {
		text = strings.Replace(text, `NonNullable<Methods[Name]["params"]>`, "unknown", 1) // which keys hold as JSON
	}
	instead := s.modulesIn(name)
	return imported.ReplaceAllStringFunc(text, func(line string) string {
		parts := imported.FindStringSubmatch(line)
		return parts[1] + cmp.Or(instead[parts[2]], parts[2]) + extension(opt) + `";`
	})
}

// jsonModules are the files of the runtime that use JSON, each with what it calls the module that
// takes the place of the global where integers keep all their digits.
var jsonModules = map[string]string{
	"rpc/call.ts": "./exact.js", "rpc/fake.ts": "./exact.js", "rpc/frames.ts": "./exact.js", "rpc/request.ts": "./exact.js", "react.ts": "./rpc/exact.js",
}

// modulesIn tells which modules a file imports instead of others where values are converted:
// packages without conversions do not contain that code.
func (s settings) modulesIn(name string) map[string]string {
	instead := map[string]string{}
	switch {
	case !s.converts():
	case name == "rpc-client.ts":
		instead["./rpc/client"] = "./rpc/converting-client"
		instead["./rpc/read-stream"] = "./rpc/converting-stream"
	case name == "rpc/session.ts":
		instead["./reply"] = "./converting-reply"
	}
	if s.exactly() && name == "rpc/session.ts" {
		instead["./hooks"] = "./exact"
	}
	return instead
}

// isEmitted tells whether a module of the runtime is needed.
func isEmitted(name string, opt gen.Options) bool {
	s := settingsOf(opt)
	switch name {
	case "checks.ts":
		return opt.Validate
	case "convert.ts", "converting-client.ts", "converting-reply.ts", "converting-stream.ts":
		return s.converts()
	case "exact.ts", "integers.ts":
		return s.exactly()
	case "dates.ts":
		return s.dates == datesDate
	case "temporal.ts":
		return s.dates == datesTemporal
	}
	return true
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
		if isEmitted(e.Name(), opt) {
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
