package typescript

import (
	"fmt"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// entry is a module that users import.
type entry struct {
	path   string // in package.json: "." or "./react"
	module string // "index" or "react"
}

// entries lists the modules that users import.
func entries(opt gen.Options) []entry {
	list := []entry{{".", "index"}}
	if opt.React {
		list = append(list, entry{"./react", "react"})
	}
	if opt.TanStackQuery {
		list = append(list, entry{"./tanstack-query", "tanstack-query"})
	}
	if opt.Validate {
		list = append(list, entry{"./validate", "validate"})
	}
	return list
}

// writePackage returns package.json. There are two builds, one of ES modules and one of
// CommonJS modules; without extensions in the imports just the latter, which Node can run.
func writePackage(m *schema.Model, opt gen.Options) []byte {
	version := m.Info.Version
	if !isSemver(version) {
		version = "0.0.0"
	}
	var p jsonObject
	p.add("name", packageName(opt))
	p.add("version", version)
	if opt.Imports != importsNone {
		p.add("type", "module")
	}
	p.add("sideEffects", false)
	p.add("exports", exportsOf(opt))
	commonJS := "./dist/cjs/"
	if opt.Imports == importsNone {
		commonJS = "./dist/"
	}
	p.add("main", commonJS+"index.js")
	p.add("types", commonJS+"index.d.ts")
	p.add("files", jsonLines{"dist"})
	p.add("scripts", jsonObject{{"build", buildScript(opt)}})
	p.add("engines", jsonObject{{"node", ">=20"}})
	p.add("dependencies", jsonObject{{"centrifuge", "^5.8.0"}})
	p.addPeers(opt)
	p.add("prettier", jsonObject{{"printWidth", lineWidth}, {"tabWidth", len(indent)}, {"useTabs", false}, {"endOfLine", "lf"}})
	b := emit.New(indent, lineWidth)
	p.print(b, "", "")
	return b.Bytes()
}

// temporalVersion is that of the package that has Temporal where the engine has none.
const temporalVersion = "^1.0.0"

// addPeers adds what is needed by some users only: ws by Node 20, which has no WebSocket.
func (p *jsonObject) addPeers(opt gen.Options) {
	compiler := ">=5.4"
	if opt.Imports == importsTS {
		compiler = ">=5.7"
	}
	var peers, optional, development jsonObject
	peer := func(name, version string) {
		peers.add(name, version)
		optional.add(name, jsonObject{{"optional", true}})
	}
	if opt.TanStackQuery {
		peer("@tanstack/react-query", "^5.0.0")
		development.add("@tanstack/react-query", "^5.0.0")
	}
	if opt.React {
		peer("react", ">=18")
	}
	if opt.React || opt.TanStackQuery {
		development.add("@types/react", ">=18")
		development.add("react", ">=18")
	}
	if settingsOf(opt).dates == datesTemporal {
		peers.add("temporal-polyfill", temporalVersion)
		development.add("temporal-polyfill", temporalVersion)
	}
	for _, name := range packagesOf(opt.Shared) {
		peers.add(name, "*")
	}
	peer("ws", "^8.18.0")
	development.add("typescript", compiler)
	development.add("ws", "^8.18.0") // so that the folder itself works in Node 20
	p.add("peerDependencies", peers)
	p.add("peerDependenciesMeta", optional)
	p.add("devDependencies", development)
}

// exportsOf lists the entry points, each with its ES module and its CommonJS module.
func exportsOf(opt gen.Options) jsonObject {
	var all jsonObject
	for _, e := range entries(opt) {
		built := func(dir string) jsonObject {
			return jsonObject{{"types", dir + e.module + ".d.ts"}, {"default", dir + e.module + ".js"}}
		}
		if opt.Imports == importsNone {
			all.add(e.path, built("./dist/"))
			continue
		}
		all.add(e.path, jsonObject{{"import", built("./dist/")}, {"require", built("./dist/cjs/")}})
	}
	return all
}

// buildScript compiles the package. The folder of the CommonJS modules needs a package.json
// that says what they are; this way to write it works in every shell.
func buildScript(opt gen.Options) string {
	if opt.Imports == importsNone {
		return "tsc"
	}
	return "tsc && tsc --module commonjs --verbatimModuleSyntax false --outDir dist/cjs" +
		` && node -p "JSON.stringify({ type: 'commonjs' })" > dist/cjs/package.json`
}

// writeTSConfig returns tsconfig.json.
func writeTSConfig(opt gen.Options) []byte {
	options := jsonObject{{"target", "es2022"}, {"lib", []string{"es2022", "dom"}}, {"module", "nodenext"}}
	if opt.Imports == importsTS {
		options.add("rewriteRelativeImportExtensions", true)
	}
	options = append(options, jsonObject{
		{"types", []string{}}, {"outDir", "dist"}, {"declaration", true}, {"sourceMap", true}, {"inlineSources", true},
		{"strict", true}, {"exactOptionalPropertyTypes", true}, {"noUncheckedIndexedAccess", true},
	}...)
	if opt.Imports != importsNone {
		options.add("verbatimModuleSyntax", true)
	}
	options.add("isolatedModules", true)
	var files []string
	for _, e := range entries(opt) {
		files = append(files, e.module+".ts")
	}
	b := emit.New(indent, lineWidth)
	jsonObject{{"compilerOptions", options}, {"files", files}}.print(b, "", "")
	return b.Bytes()
}

// gitIgnore lists what installing and building leave behind.
const gitIgnore = "dist/\nnode_modules/\npackage-lock.json\n"

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

// jsonObject is an object of JSON whose members keep their order. The values are text,
// numbers, booleans, lists of text and further objects.
type jsonObject []jsonMember

type jsonMember struct {
	key   string
	value any
}

func (o *jsonObject) add(key string, value any) { *o = append(*o, jsonMember{key, value}) }

// jsonLines is a list of text that has a line for each, as prettier wants it in package.json.
type jsonLines []string

func (l jsonLines) print(b *emit.Buffer) {
	for i, text := range quoted(l) {
		if i < len(l)-1 {
			text += ","
		}
		b.Line(text)
	}
}

func (o jsonObject) print(b *emit.Buffer, before, after string) {
	b.Block(before+"{", func() {
		for i, m := range o {
			key, comma := jsonString(m.key)+": ", ","
			if i == len(o)-1 {
				comma = ""
			}
			switch v := m.value.(type) {
			case jsonObject:
				v.print(b, key, comma)
			case jsonLines:
				b.Block(key+"[", func() { v.print(b) }, "]"+comma)
			default:
				b.Line(key, jsonText(v), comma)
			}
		}
	}, "}"+after)
}

func jsonText(value any) string {
	switch v := value.(type) {
	case string:
		return jsonString(v)
	case []string:
		return "[" + strings.Join(quoted(v), ", ") + "]"
	default:
		return fmt.Sprint(v)
	}
}

func quoted(list []string) []string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = jsonString(s)
	}
	return texts
}

// jsonString quotes a string for JSON.
func jsonString(s string) string {
	n := text.Node{Kind: text.KindString, Text: s}
	return n.JSON()
}
