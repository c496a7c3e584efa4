package load

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsgen/wsgen/internal/text"
)

// validateValues checks every default and example in the definitions against the
// schema that it belongs to.
func (d *documents) validateValues(defs []*text.Node) {
	v := newValueChecker(d)
	for _, def := range defs {
		v.visit(def)
	}
}

// valueChecker hands schemas to the library. Each schema with a default or an
// example, and each target of a reference, is a resource with a URL of its own,
// so that references work across documents whatever their "$id"s say.
type valueChecker struct {
	d        *documents
	compiler *jsonschema.Compiler
	urls     map[*text.Node]string
	queue    []*text.Node // schemas that have a URL and are not a resource yet
	visited  map[*text.Node]bool
}

func newValueChecker(d *documents) *valueChecker {
	v := &valueChecker{d: d, urls: map[*text.Node]string{}, compiler: jsonschema.NewCompiler(), visited: map[*text.Node]bool{}}
	v.compiler.Draft = jsonschema.Draft2020
	v.compiler.AssertFormat = true
	v.compiler.Formats = lenientFormats
	return v
}

// visit looks for values to check in the schema n and those inside it.
func (v *valueChecker) visit(n *text.Node) {
	if n.Kind != text.KindObject || v.visited[n] {
		return
	}
	v.visited[n] = true
	members := v.d.dialectAt(n).translated(n)
	for i := range members {
		m := &members[i]
		switch {
		case m.Key == "default" && m.Value.Kind == text.KindNull: // never wrong, see [lowerer.memberType]
		case m.Key == "default":
			v.check(n, m.Value, "default-invalid", "the default")
		case m.Key == "example":
			v.check(n, m.Value, "example-invalid", "the example")
		case m.Key == "examples" && m.Value.Kind == text.KindArray:
			for i, example := range m.Value.Items {
				v.check(n, example, "example-invalid", "example "+strconv.Itoa(i+1))
			}
		case vocabulary[m.Key].holds == 0:
		case vocabulary[m.Key].holds == one:
			v.visit(m.Value)
		default:
			for _, item := range m.Value.Items {
				v.visit(item)
			}
			for j := range m.Value.Members {
				v.visit(m.Value.Members[j].Value)
			}
		}
	}
}

// check reports what is wrong with a value. The clients work all the same, so
// these are warnings.
func (v *valueChecker) check(schema, value *text.Node, code, subject string) {
	if plainlyFits(v.d.dialectAt(schema).translated(schema), value) {
		return
	}
	diags, err := v.problems(schema, value, code, subject)
	if err != nil {
		pos := text.Pos{Src: schema.Pos.Src, Off: schema.Pos.Off}
		v.d.diags.Add(pos, "schema-invalid", "values are not checked against this schema: "+text.Escape(err.Error()), "").Severity = text.Warning
		return
	}
	*v.d.diags = append(*v.d.diags, diags...)
}

// problems returns what is wrong with a value, or why its schema cannot say.
func (v *valueChecker) problems(schema, value *text.Node, code, subject string) (text.Diagnostics, error) {
	sch, err := v.compile(schema)
	if err != nil {
		return nil, err
	}
	e := &explainer{root: value, code: code, subject: subject}
	e.checkLibrary(sch)
	for i := range e.diags {
		e.diags[i].Severity = text.Warning
	}
	return e.diags, nil
}

func (v *valueChecker) compile(n *text.Node) (sch *jsonschema.Schema, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	at := v.url(n)
	for len(v.queue) > 0 {
		next := v.queue[0]
		v.queue = v.queue[1:]
		if err := v.compiler.AddResource(v.urls[next], strings.NewReader(v.adapted(next).JSON())); err != nil {
			return nil, err
		}
	}
	return v.compiler.Compile(at)
}

func (v *valueChecker) url(n *text.Node) string {
	at := v.urls[n]
	if at == "" {
		at = "wsgen:///value/" + strconv.Itoa(len(v.urls))
		v.urls[n] = at
		v.queue = append(v.queue, n)
	}
	return at
}

// copiedKeywords are what the library gets to see as it is written.
var copiedKeywords = map[string]bool{
	"type": true, "enum": true, "const": true, "minLength": true, "maxLength": true, "multipleOf": true,
	"minItems": true, "maxItems": true, "uniqueItems": true, "minContains": true, "maxContains": true,
	"required": true, "minProperties": true, "maxProperties": true, "dependentRequired": true,
}

// adapted returns a schema for the library: keywords are those of 2020-12, references lead to
// our URLs, OpenAPI's nullable becomes a type, patterns that RE2 does not know are left out.
func (v *valueChecker) adapted(n *text.Node) *text.Node {
	if n.Kind != text.KindObject {
		return n
	}
	out := &text.Node{Kind: text.KindObject}
	members := v.d.dialectAt(n).translated(n)
	for i := range members {
		if key, value := v.adaptedMember(&members[i]); value != nil {
			out.Members = append(out.Members, text.Member{Key: key, Value: value})
		}
	}
	if n.IsTrue("nullable") {
		return anyOfNull(out)
	}
	return out
}

// anyOfNull returns {"anyOf": [{"type": "null"}, n]}.
func anyOfNull(n *text.Node) *text.Node {
	null := object("type", &text.Node{Kind: text.KindString, Text: "null"})
	return object("anyOf", &text.Node{Kind: text.KindArray, Items: []*text.Node{null, n}})
}

func object(key string, value *text.Node) *text.Node {
	return &text.Node{Kind: text.KindObject, Members: []text.Member{{Key: key, Value: value}}}
}

// adaptedMember returns a keyword for the library, nil for one that it must not see.
func (v *valueChecker) adaptedMember(m *text.Member) (string, *text.Node) {
	key, value, kept := m.Key, m.Value, false
	switch key {
	case "$ref":
		if t, ok := v.d.resolve(value); ok {
			return key, &text.Node{Kind: text.KindString, Text: v.url(t.Node)}
		}
	case "format":
		kept = lenientFormats[value.Text] != nil
	case "pattern":
		kept = v.patternWorks(value.Text, value.Pos)
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		kept = true
	case "$defs", "definitions":
	default:
		switch kept = copiedKeywords[key]; vocabulary[key].holds {
		case one:
			return key, v.adapted(value)
		case several:
			return key, v.adaptedAll(value, key == "patternProperties")
		}
	}
	if kept {
		return key, value
	}
	return "", nil
}

// adaptedAll returns a list or an object of schemas for the library.
func (v *valueChecker) adaptedAll(n *text.Node, patterns bool) *text.Node {
	out := &text.Node{Kind: n.Kind, Text: n.Text}
	for _, item := range n.Items {
		out.Items = append(out.Items, v.adapted(item))
	}
	for i := range n.Members {
		if m := &n.Members[i]; !patterns || v.patternWorks(m.Key, m.KeyPos) {
			out.Members = append(out.Members, text.Member{Key: m.Key, Value: v.adapted(m.Value)})
		}
	}
	return out
}

// patternWorks tells whether Go can run a pattern; where not, that is said once.
func (v *valueChecker) patternWorks(pattern string, pos text.Pos) bool {
	_, err := regexp.Compile(pattern)
	if err == nil {
		return true
	}
	if !v.d.reported[pos] {
		v.d.reported[pos] = true
		v.d.diags.Add(pos, "pattern-unsupported", "values are not checked against this pattern: Go's regular expressions do not have it",
			"the clients are not affected").Severity = text.Info
	}
	return false
}

// lenientFormats are the formats that are asserted. Pydantic writes datetimes and
// times without a zone, and durations below zero, which RFC 3339 does not have.
var lenientFormats = map[string]func(any) bool{
	"date":      jsonschema.Formats["date"],
	"uuid":      jsonschema.Formats["uuid"],
	"email":     jsonschema.Formats["email"],
	"uri":       jsonschema.Formats["uri"],
	"date-time": zoneOptional(jsonschema.Formats["date-time"]),
	"time":      zoneOptional(jsonschema.Formats["time"]),
	"duration":  signOptional(jsonschema.Formats["duration"]),
}

func zoneOptional(valid func(any) bool) func(any) bool {
	return func(v any) bool {
		s, ok := v.(string)
		return !ok || valid(s) || valid(s+"Z")
	}
}

func signOptional(valid func(any) bool) func(any) bool {
	return func(v any) bool {
		s, ok := v.(string)
		return !ok || valid(strings.TrimLeft(s, "+-"))
	}
}
