package load

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsgen/wsgen/internal/text"
)

// metaschemas are the library's own of all dialects. OpenAPI 3.0 builds on draft-04.
var metaschemas = sync.OnceValue(func() map[dialect]*jsonschema.Schema {
	return map[dialect]*jsonschema.Schema{
		draft2020: jsonschema.MustCompile("https://json-schema.org/draft/2020-12/schema"),
		draft2019: jsonschema.MustCompile("https://json-schema.org/draft/2019-09/schema"),
		draft07:   jsonschema.MustCompile("http://json-schema.org/draft-07/schema"),
		draft06:   jsonschema.MustCompile("http://json-schema.org/draft-06/schema"),
		draft04:   jsonschema.MustCompile("http://json-schema.org/draft-04/schema"),
		openAPI30: jsonschema.MustCompile("http://json-schema.org/draft-04/schema"),
	}
})

// checkManifest checks an AsyncAPI document against the profile. It may run
// while others read the document.
func checkManifest(root *text.Node) text.Diagnostics {
	return manifestProfile.check(root).diags
}

const convertHint = "convert the document with `asyncapi convert FILE --target-version=3.0.0` (npm @asyncapi/cli), or with @asyncapi/converter"

// checkVersion reports documents that are not AsyncAPI 3.0 or 3.1.
func (d *documents) checkVersion(root *text.Node) bool {
	const code = "asyncapi-version"
	pos := text.Pos{Src: root.Pos.Src, Off: root.Pos.Off}
	version := root.Lookup("asyncapi")
	if version == nil {
		message, hint := `this is not an AsyncAPI document: it lacks the member "asyncapi"`,
			"begin it with asyncapi: 3.1.0"
		switch {
		case root.Kind != text.KindObject:
			message = fmt.Sprintf("this is not an AsyncAPI document: it is %s", article(root.Kind.String()))
		case root.Lookup("openapi") != nil || root.Lookup("swagger") != nil:
			message, hint = "this is an OpenAPI document, not AsyncAPI",
				"pass it with --openapi, and the AsyncAPI document with --asyncapi"
		case root.Lookup("$defs") != nil || root.Lookup("definitions") != nil || root.Lookup("properties") != nil ||
			root.Lookup("$schema") != nil:
			message, hint = "this is a JSON Schema, not an AsyncAPI document",
				`write an AsyncAPI document whose methods refer to it, such as $ref: '`+root.Pos.Src.Name+`#/$defs/…'`
		}
		d.diags.Add(pos, code, message, hint)
		return false
	}
	number := version.Value.Text
	switch {
	case version.Value.Kind != text.KindString && version.Value.Kind != text.KindNumber:
		d.diags.Add(version.Value.Pos, code, fmt.Sprintf(`"asyncapi" must be a string, not %s`,
			article(version.Value.Kind.String())), "write asyncapi: 3.1.0")
	case isVersion(number, "3.0"), isVersion(number, "3.1"):
		return true
	case strings.HasPrefix(number, "2.") || number == "2":
		d.diags.Add(version.Value.Pos, code, fmt.Sprintf("AsyncAPI %s is not supported", text.Escape(number)),
			convertHint+"; since 3.0 operations stand beside the channels and have an action")
	case strings.HasPrefix(number, "1."):
		d.diags.Add(version.Value.Pos, code, fmt.Sprintf("AsyncAPI %s is not supported", text.Escape(number)),
			convertHint)
	default:
		d.diags.Add(version.Value.Pos, code, fmt.Sprintf("AsyncAPI %s is not known", text.Quote(number)),
			"wsgen reads 3.0 and 3.1")
	}
	return false
}

// isVersion tells whether text is minor or a patch release of it.
func isVersion(text, minor string) bool {
	rest, ok := strings.CutPrefix(text, minor)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '-')
}

// checkDefinitions validates the definitions that were reached, and their
// defaults and examples where opt asks for that. It may run while others read
// the documents, so it reports to nobody but its caller.
func (d *documents) checkDefinitions(defs []*text.Node, opt Options) text.Diagnostics {
	var out text.Diagnostics
	own := d.fork(&out)
	own.validateSchemas(defs, opt.Strict)
	if opt.Values && !out.HasErrors() {
		own.validateValues(defs)
	}
	return out
}

// schemaWorkers is how many goroutines validate: more gain nothing, since most
// of the time goes into allocating.
const schemaWorkers = 2

// validateSchemas checks each definition against the profile, and with strict
// against the whole metaschema of its dialect too.
func (d *documents) validateSchemas(defs []*text.Node, strict bool) {
	found := make([]text.Diagnostics, len(defs))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(schemaWorkers, len(defs)) {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for {
				i := int(next.Add(1)) - 1
				if i >= len(defs) {
					return
				}
				found[i] = validateSchema(defs[i], d.dialectAt(defs[i]), strict)
			}
		}()
	}
	wait.Wait()
	for _, ds := range found {
		*d.diags = append(*d.diags, ds...)
	}
}

func validateSchema(def *text.Node, in dialect, strict bool) text.Diagnostics {
	e := schemaProfile.check(def)
	if strict && len(e.diags) == 0 {
		e.checkLibrary(metaschemas()[in])
	}
	return e.diags
}
