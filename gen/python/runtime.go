package python

import (
	"embed"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/schema"
)

//go:embed runtime/errors.py runtime/api.py runtime/tasks.py runtime/sdk.py runtime/call.py runtime/wire.py
//go:embed runtime/events.py runtime/session.py runtime/connection.py runtime/models.py runtime/requirements.txt
var runtime embed.FS

// parts are the modules that rpc_client.py is made of, in this order: each comes after
// those that it imports.
var parts = []string{"errors", "api", "tasks", "sdk", "call", "wire", "events", "session", "connection"}

// runtimeFile returns rpc_client.py: the parts, with the manifest's channels in them.
func runtimeFile(m *schema.Model) []byte {
	text := joinParts()
	for _, c := range [...]struct{ marker, value string }{
		{`REQUESTS_CHANNEL = "rpc.requests"`, m.Requests},
		{`REPLY_CHANNEL = "user#{user_id}"`, m.Reply.Text},
		{`API_VERSION = ""`, m.Info.Version},
	} {
		name, _, _ := strings.Cut(c.marker, " = ")
		text = replaceLine(text, c.marker, name+" = "+quote(c.value))
	}
	return []byte(text)
}

// joinParts makes one module of the parts.
func joinParts() string {
	f := file{imports: map[string]map[string]bool{}}
	var body strings.Builder
	gap := "\n" // after imports, a comment stands closer than elsewhere
	for _, part := range parts {
		about, imports, code := split(source(part + ".py"))
		for _, i := range imports {
			if !strings.HasPrefix(i.module, ".") {
				f.use(i.module, i.name)
			}
		}
		body.WriteString(gap + "# " + about + "\n\n\n" + code)
		gap = "\n\n"
	}
	b := emit.New("    ", width)
	header(b, "Calls and events over a Centrifugo connection: what the typed client stands on.")
	f.writeImports(b)
	b.Raw(body.String())
	return string(b.Bytes())
}

// source returns a file of the runtime.
var source = gen.SourcesOf(runtime)

// imported is a name that a module of the runtime imports; no name: the module itself.
type imported struct{ module, name string }

// split separates what a module of the runtime is about, and its imports, from what
// follows them. Comments before the imports are dropped.
func split(text string) (about string, imports []imported, code string) {
	lines := strings.SplitAfter(text, "\n")
	end := 0
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		switch {
		case strings.HasPrefix(line, "import "):
			imports = append(imports, imported{strings.TrimPrefix(line, "import "), ""})
		case strings.HasPrefix(line, "from "):
			for strings.Contains(line, "(") && !strings.HasSuffix(line, ")") {
				i++
				line += strings.TrimSpace(lines[i])
			}
			module, names, _ := strings.Cut(strings.TrimPrefix(line, "from "), " import ")
			for _, name := range strings.Split(strings.Trim(names, "()"), ",") {
				if name = strings.TrimSpace(name); name != "" {
					imports = append(imports, imported{module, name})
				}
			}
		case strings.HasPrefix(line, `"""`):
			_, about, _ = strings.Cut(strings.Trim(line, `"`), ": ")
			about = strings.ToUpper(about[:1]) + about[1:]
			continue
		case line == "" || line[0] == '#':
			continue
		default:
			return about, imports, strings.TrimLeft(strings.Join(lines[end:], ""), "\n")
		}
		end = i + 1
	}
	panic("python: a module of the runtime has no code")
}

// replaceLine panics where the line is missing, since the runtime and this
// function are one program.
func replaceLine(text, line, by string) string {
	before, after, ok := strings.Cut(text, "\n"+line+"\n")
	if !ok {
		panic("runtime has no line " + line)
	}
	return before + "\n" + by + "\n" + after
}

// section is a part of the runtime's models.py, with what it imports. Its names begin
// with an underscore: each module that needs it has its own.
type section struct {
	name    string
	needs   []string    // other sections
	imports [][2]string // module and name; no name: the module itself
}

// sectionList is in the order of the file.
var sectionList = []section{
	{"model", nil, [][2]string{
		{"functools", ""}, {"dataclasses", "dataclass"}, {"enum", "Enum"},
		{"typing", "Any"}, {"typing", "ClassVar"}, {"typing", "Literal"}, {"typing", "get_args"}, {"typing", "get_origin"},
		{"pydantic", "BaseModel"}, {"pydantic", "ConfigDict"}, {"pydantic", "SerializerFunctionWrapHandler"},
		{"pydantic", "model_serializer"},
	}},
	{"made", nil, [][2]string{{"collections.abc", "Callable"}, {"typing", "Any"}, {"pydantic", "TypeAdapter"}}},
	{"open", nil, [][2]string{{"pydantic", "Field"}}},
	{"float", nil, [][2]string{{"typing", "Annotated"}, {"pydantic", "BeforeValidator"}}},
	{"base64", nil, [][2]string{{"base64", ""}}},
	{"base64-standard", []string{"base64"}, [][2]string{
		{"typing", "Annotated"}, {"pydantic", "BeforeValidator"}, {"pydantic", "PlainSerializer"},
	}},
	{"base64-url", []string{"base64"}, [][2]string{
		{"typing", "Annotated"}, {"pydantic", "BeforeValidator"}, {"pydantic", "PlainSerializer"},
	}},
	{"longer", nil, [][2]string{
		{"typing", "Any"}, {"typing", "get_args"}, {"pydantic", "GetCoreSchemaHandler"},
		{"pydantic_core", "CoreSchema"}, {"pydantic_core", "core_schema"}, {"typing_extensions", "Unpack"},
	}},
	{"unknown", nil, [][2]string{{"typing", "Any"}, {"pydantic", "RootModel"}}},
	{"unions", []string{"model", "unknown"}, [][2]string{
		{"typing", "Any"}, {"typing", "get_args"}, {"pydantic", "GetCoreSchemaHandler"},
		{"pydantic_core", "CoreSchema"}, {"pydantic_core", "core_schema"},
	}},
	{"by-tag", []string{"unions"}, [][2]string{{"typing", "Any"}, {"typing", "cast"}}},
	{"by-shape", []string{"unions"}, [][2]string{
		{"re", ""}, {"enum", "Enum"},
		{"dataclasses", "dataclass"}, {"dataclasses", "field"},
		{"typing", "Annotated"}, {"typing", "Any"}, {"typing", "TypeAlias"}, {"typing", "cast"},
		{"typing", "get_args"}, {"typing", "get_origin"},
		{"pydantic", "TypeAdapter"},
	}},
}

// sectionText is the text of each section, without blank lines around it.
var sectionText = func() map[string]string {
	texts := map[string]string{}
	for _, part := range strings.Split(source("models.py"), "# wsgen: section ")[1:] {
		name, text, _ := strings.Cut(part, "\n")
		texts[name] = strings.Trim(text, "\n") + "\n"
	}
	return texts
}()

// need asks for a section of the runtime and for those that it needs.
func (f *file) need(name string) {
	if f.parts[name] {
		return
	}
	f.parts[name] = true
	for _, s := range sectionList {
		if s.name != name {
			continue
		}
		for _, other := range s.needs {
			f.need(other)
		}
		for _, i := range s.imports {
			f.use(i[0], i[1])
		}
	}
}

// writeSections prints the sections that are in use. Only before a class, a function or
// their decorator do two blank lines follow the imports.
func (f *file) writeSections(b *emit.Buffer) {
	gap := "\n"
	for _, s := range sectionList {
		if !f.parts[s.name] {
			continue
		}
		text := sectionText[s.name]
		if text[0] != '_' {
			gap = "\n\n"
		}
		b.Raw(gap)
		b.Raw(text)
		gap = "\n\n"
	}
}
