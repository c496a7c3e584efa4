package typescript

import (
	"embed"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

//go:embed runtime/*.ts runtime/package/*.json
var runtime embed.FS

// parts are the modules that rpc-client.ts is made of, in this order.
var parts = []string{"api", "errors", "connection", "iterator", "session", "outbox", "request", "subscription", "call", "wire"}

// cut stands in every part after its imports, and before the exports that only other
// parts use.
const cut = "\n// ---\n\n"

// The lines of the runtime that a document decides on.
const (
	markRequests = `const REQUESTS_CHANNEL: string = "rpc.requests";`
	markReply    = `const REPLY_CHANNEL: string = "user#{user_id}";`
	markVersion  = `const API_VERSION: string = "";`
	markLongest  = `const LONGEST_TIMEOUT_MS: number = 0;`
	markName     = `"name": "centrifugo-client"`

	markPackageVersion = `"version": "0.0.0"`
)

// writeRuntime returns rpc-client.ts with the document's channels and version.
func writeRuntime(m *schema.Model) []byte {
	s := joinParts()
	s = replaceLine(s, markRequests, "REQUESTS_CHANNEL", m.Requests)
	s = replaceLine(s, markReply, "REPLY_CHANNEL", m.Reply.Text)
	s = replaceLine(s, markVersion, "API_VERSION", m.Info.Version)
	if longest := longestTimeout(m); longest > 0 {
		s = replaceOnce(s, markLongest, strings.Replace(markLongest, "0", strconv.FormatInt(longest, 10), 1))
	}
	return []byte(header + "\n\n" + s)
}

// joinParts makes one module of the parts.
func joinParts() string {
	var b strings.Builder
	b.WriteString(sdkImport())
	for _, part := range parts {
		_, code, found := strings.Cut(source(part+".ts"), cut)
		if !found {
			panic("typescript: " + part + ".ts has no end of imports")
		}
		code, _, _ = strings.Cut(code, cut)
		b.WriteByte('\n')
		b.WriteString(code)
	}
	return b.String()
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

// sdkImportOf finds what a part imports from the SDK.
var sdkImportOf = regexp.MustCompile(`import \{([^}]*)\} from "centrifuge";`)

// sdkImport returns one import of the SDK for all parts of rpc-client.ts.
func sdkImport() string {
	prefixes := map[string]string{} // "type " for names that no part uses as a value
	for _, part := range parts {
		if found := sdkImportOf.FindStringSubmatch(source(part + ".ts")); found != nil {
			for name := range strings.FieldsFuncSeq(found[1], func(r rune) bool { return r == ',' || r == '\n' }) {
				if name, isType := strings.CutPrefix(strings.TrimSpace(name), "type "); name == "" {
					continue
				} else if !isType {
					prefixes[name] = ""
				} else if _, known := prefixes[name]; !known {
					prefixes[name] = "type "
				}
			}
		}
	}
	var specifiers []doc
	for _, name := range slices.Sorted(maps.Keys(prefixes)) {
		specifiers = append(specifiers, raw(prefixes[name]+name))
	}
	b := emit.New(indent, lineWidth)
	printDoc(b, importDoc("import", specifiers, "centrifuge"))
	return string(b.Bytes())
}

// source returns a file of the runtime.
var source = gen.SourcesOf(runtime)

// replaceLine puts another value into a constant of the runtime.
func replaceLine(source, marked, called, value string) string {
	left, right := "const "+called+": string =", quote(value)+";"
	if emit.New(indent, lineWidth).Fits(left + " " + right) {
		return replaceOnce(source, marked, left+" "+right)
	}
	return replaceOnce(source, marked, left+"\n"+indent+right)
}

// writePackage returns package.json.
func writePackage(m *schema.Model, opt gen.Options) []byte {
	s := replaceOnce(source("package/package.json"), markName, `"name": `+jsonString(packageName(opt)))
	if isSemver(m.Info.Version) {
		s = replaceOnce(s, markPackageVersion, `"version": `+jsonString(m.Info.Version))
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

// helper returns a part of guards.ts.
func helper(called string) string {
	_, part, found := strings.Cut(source("guards.ts"), "// --- "+called+"\n")
	if !found {
		panic("typescript: guards.ts lacks the part " + called)
	}
	part, _, _ = strings.Cut(part, "// --- ")
	return strings.TrimSpace(part) + "\n"
}

// jsonString quotes a string for JSON.
func jsonString(s string) string {
	n := text.Node{Kind: text.KindString, Text: s}
	return n.JSON()
}
