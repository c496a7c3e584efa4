package typescript

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/emit"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

func TestQuote(t *testing.T) {
	for text, want := range map[string]string{
		"":             `""`,
		"open":         `"open"`,
		`it's`:         `"it's"`,
		`say "x"`:      `'say "x"'`,
		`"'`:           `"\"'"`,
		`""'`:          `'""\''`,
		"a\\b":         `"a\\b"`,
		"\n\r\t\x00":   `"\n\r\t\u0000"`,
		"\u2028\u202e": `"\u2028\u202e"`,
		"größe 😀":      `"größe 😀"`,
		"\U000e0001":   `"\udb40\udc01"`,
		"`${x}`":       "\"`${x}`\"",
	} {
		if got := quote(text); got != want {
			t.Errorf("quote(%q) = %s, want %s", text, got, want)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, want := range map[string]string{
		"0": "0", "-0": "0", "-3": "-3", "1.50": "1.5", "1.0": "1", "1E2": "100", "0.0": "0", "1e-7": "0.0000001",
		"1e300": "1e300", "2.5e-300": "2.5e-300", "9007199254740993": "9007199254740993",
	} {
		if got := number(text); got != want {
			t.Errorf("number(%s) = %s, want %s", text, got, want)
		}
	}
}

// FuzzQuote: a literal is one line of visible characters, and means the same text.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", `"`, `'`, `\`, "\n", "\u2028", "\x00", "😀", "\xff", "\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		literal := quote(s)
		if strings.ContainsFunc(literal, func(r rune) bool { return !visible(r) }) {
			t.Errorf("quote(%q) = %q holds what cannot be seen", s, literal)
		}
		if got, want := unquote(t, literal), strings.ToValidUTF8(s, "\ufffd"); !sameRunes(got, s) {
			t.Errorf("quote(%q) = %s means %q, want %q", s, literal, got, want)
		}
	})
}

// sameRunes compares as JavaScript would: each invalid byte is U+FFFD.
func sameRunes(a, b string) bool { return slices.Equal([]rune(a), []rune(b)) }

// unquote reads a JavaScript string literal.
func unquote(t *testing.T, literal string) string {
	t.Helper()
	q := literal[0]
	var units []uint16
	for body := literal[1:]; ; {
		r, size := utf8.DecodeRuneInString(body)
		switch {
		case r == rune(q):
			if len(body) != 1 {
				t.Fatalf("%s ends early", literal)
			}
			return string(utf16.Decode(units))
		case r != '\\':
			units = utf16.AppendRune(units, r)
			body = body[size:]
		case body[1] == 'u':
			n, err := strconv.ParseUint(body[2:6], 16, 16)
			if err != nil {
				t.Fatal(err)
			}
			units = append(units, uint16(n))
			body = body[6:]
		default:
			plain := map[byte]rune{'n': '\n', 'r': '\r', 't': '\t', '\\': '\\', '"': '"', '\'': '\''}
			units = utf16.AppendRune(units, plain[body[1]])
			body = body[2:]
		}
	}
}

// FuzzComment: whatever a document says stays inside one comment and is not a tag.
func FuzzComment(f *testing.F) {
	for _, s := range []string{"", "*/", "**/", "@x", "{@link y}", "*\n/", "*\u200b/", "a\n@b", "```\n*/", "\r@x", "| */", "    */"} {
		f.Add(s)
	}
	tag := regexp.MustCompile(`(^|[\s{(])@`)
	f.Fuzz(func(t *testing.T, s string) {
		b := emit.New(indent, lineWidth)
		comment{body: []string{s}}.write(b)
		text := string(b.Bytes())
		if text == "" {
			return
		}
		inner, ended := strings.CutSuffix(strings.TrimPrefix(text, "/**"), "*/\n")
		if !ended || strings.Contains(inner, "*/") {
			t.Errorf("comment %q ends early", text)
		}
		if tag.MatchString(inner) {
			t.Errorf("comment %q has a tag", text)
		}
		if strings.ContainsFunc(inner, func(r rune) bool { return r != '\n' && r != '\t' && !visible(r) }) {
			t.Errorf("comment %q holds what cannot be seen", text)
		}
		for _, l := range strings.Split(text, "\n") {
			if strings.TrimRight(l, " ") != l {
				t.Errorf("comment %q has a space at the end of a line", text)
			}
		}
	})
}

// TestExports keeps the reserved names in step with what the runtime exports.
func TestExports(t *testing.T) {
	want := []string{"APIClient", "CentrifugoRPCClient", "Events", "Methods", "Streams", "rpcEvents", "rpcMethods", "rpcStreams"}
	for _, list := range regexp.MustCompile(`(?m)^export (?:type )?\{([^}]*)\}`).FindAllStringSubmatch(runtimeSource("rpc-client.ts"), -1) {
		for name := range strings.FieldsFuncSeq(list[1], func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
			if name != "type" {
				want = append(want, name)
			}
		}
	}
	slices.Sort(want)
	got := strings.Fields(exports)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("reserved exports (-runtime +reserved):\n%s", diff)
	}
}

// TestModules finds no two modules of the runtime that import each other, however
// far apart.
func TestModules(t *testing.T) {
	named := regexp.MustCompile(`from "\./([a-z]+)\.js"`)
	modules := map[string][]string{}
	for _, f := range runtimeFiles(gen.Options{Validate: true}) {
		name := strings.TrimSuffix(strings.TrimPrefix(f.Path, "typescript/rpc/"), ".ts")
		for _, m := range named.FindAllStringSubmatch(string(f.Data), -1) {
			modules[name] = append(modules[name], m[1])
		}
	}
	var visit func(path []string)
	visit = func(path []string) {
		last := path[len(path)-1]
		if slices.Contains(path[:len(path)-1], last) {
			t.Fatalf("modules import each other: %s", strings.Join(path, " -> "))
		}
		for _, next := range modules[last] {
			visit(append(slices.Clip(path), next))
		}
	}
	for name := range modules {
		visit([]string{name})
	}
}

func TestLayOut(t *testing.T) {
	long := strings.Repeat("x", 30)
	three := union(name(long), name(long), literal(`"`+long+`"`))
	for _, tt := range []struct {
		name string
		doc  doc
		want string
	}{
		{"union as an argument", generic("Promise", three).doc(placeAnnotation),
			"Promise<\n  | " + long + "\n  | \"" + long + "\"\n>"},
		{"reference or null stays together", generic("Promise", union(name(long+long), name("null"))).doc(placeAnnotation),
			"Promise<" + long + long + " | null>"},
		{"array of a union", array(three).doc(placeAnnotation), "(\n  | " + long + "\n  | \"" + long + "\"\n)[]"},
		{"value that moves", concat(assignment(raw("type "+long), raw(long)), raw(";")), "type " + long + " =\n  " + long + ";"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, strings.Join(layOut(tt.doc, 60), "\n")); diff != "" {
				t.Errorf("layout (-want +got):\n%s", diff)
			}
		})
	}
}

// Constants have the names of the document, or are called after their values.
func TestConstantKeys(t *testing.T) {
	named := func(name, value string) schema.EnumValue {
		return schema.EnumValue{Name: name, Value: &text.Node{Kind: text.KindString, Text: value}}
	}
	got := constantKeys([]schema.EnumValue{
		named("EUR", "€"), named("in_progress", "x"), named("not a name", "y"), named("__proto__", "z"),
		named("", "USD"), named("", "in_progress"), named("", "IN_PROGRESS"), named("", "1st"), named("", ""), named("", "$"),
		{Value: &text.Node{Kind: text.KindNumber, Text: "-1"}},
	})
	want := []string{"EUR", "in_progress", "NotAName", "__proto__", "USD", "InProgress", "InProgress_2", "Value1st", "Empty", "U0024", "Minus1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}
