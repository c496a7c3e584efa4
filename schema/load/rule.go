package load

import (
	"embed"
	"slices"
	"strings"
	"sync"

	"github.com/wsgen/wsgen/internal/text"
)

//go:embed profile/*.json
var profileFiles embed.FS

// profile is a JSON Schema of ours that says what wsgen reads, read on first use. It
// has no more keywords than [rule.add] knows, so that values are checked where they
// stand in a document, in one pass.
type profile struct {
	name    string // of the file
	code    string // of its diagnostics
	subject string // what it is about, in messages

	once sync.Once
	root *rule
}

var (
	manifestProfile = &profile{name: "asyncapi.json", code: "manifest-invalid", subject: "the manifest"}
	schemaProfile   = &profile{name: "schema.json", code: "schema-invalid", subject: "the schema"}
)

// check validates a value.
func (p *profile) check(root *text.Node) *explainer {
	p.once.Do(func() {
		data, err := profileFiles.ReadFile("profile/" + p.name)
		if err != nil {
			panic(err) // it is part of the binary
		}
		doc, _ := text.ParseJSON(&text.Source{Name: p.name, Data: data})
		p.root = (&ruleCompiler{doc: doc, done: map[*text.Node]*rule{}}).compile(doc)
	})
	path := paths.Get().(*[]step)
	e := &explainer{code: p.code, subject: p.subject, root: root, hints: true, path: *path}
	p.root.check(root, e)
	e.path = nil
	paths.Put(path)
	return e
}

// paths are empty, for the explainers of the many schemas.
var paths = sync.Pool{New: func() any {
	path := make([]step, 0, 8)
	return &path
}}

// rule is a compiled part of a profile.
type rule struct {
	types []string // none: any
	kinds int      // a bit for each JSON type; integers are in whole
	whole bool     // numbers without a fraction are valid

	words    []string // what a string may be; none: anything
	onlyText bool     // only words are valid
	filled   bool     // a string or an array must not be empty
	minimum  *text.Node
	above    *text.Node // what a number must exceed

	required []string
	members  map[string]*rule
	names    []string // of members
	others   *rule    // the other members; nil: anything
	closed   bool     // there are no other members, but those that begin with x-
	items    *rule

	condition, then, otherwise *rule
}

type ruleCompiler struct {
	doc  *text.Node // where references begin
	done map[*text.Node]*rule
}

func (c *ruleCompiler) compile(n *text.Node) *rule {
	if ref := n.GetString("$ref"); ref != "" {
		n = c.doc
		if ref != "#" {
			n = c.doc.Get("$defs").Get(strings.TrimPrefix(ref, "#/$defs/"))
		}
	}
	if r := c.done[n]; r != nil {
		return r
	}
	r := &rule{}
	c.done[n] = r
	for i := range n.Members {
		r.add(n.Members[i].Key, n.Members[i].Value, c)
	}
	return r
}

// add compiles one keyword.
func (r *rule) add(keyword string, arg *text.Node, c *ruleCompiler) {
	switch keyword {
	case "$schema", "$defs", "title":
	case "type":
		r.types = texts(arg)
		for kind := text.KindNull; kind <= text.KindObject; kind++ {
			if slices.Contains(r.types, kind.String()) {
				r.kinds |= 1 << kind
			}
		}
		r.whole = slices.Contains(r.types, "integer")
	case "required":
		r.required = texts(arg)
	case "properties":
		r.members, r.names = map[string]*rule{}, memberKeys(arg)
		for _, m := range arg.Members {
			r.members[m.Key] = c.compile(m.Value)
		}
	case "patternProperties": // {"^x-": true} is the only one
	case "additionalProperties":
		if r.closed = arg.Kind == text.KindBool; !r.closed {
			r.others = c.compile(arg)
		}
	case "items":
		r.items = c.compile(arg)
	case "enum":
		r.words, r.onlyText = texts(arg), true
	case "pattern": // ^(a|b)$ is the only form
		r.words = strings.Split(strings.Trim(arg.Text, "^()$"), "|")
	case "minItems", "minLength": // always 1
		r.filled = true
	case "minimum":
		r.minimum = arg
	case "exclusiveMinimum":
		r.above = arg
	case "if":
		r.condition = c.compile(arg)
	case "then":
		r.then = c.compile(arg)
	case "else":
		r.otherwise = c.compile(arg)
	default:
		panic("a profile has the keyword " + keyword)
	}
}

// texts are the strings of a list, or one string.
func texts(n *text.Node) []string {
	if n.Kind == text.KindString {
		return []string{n.Text}
	}
	var list []string
	for _, item := range n.Items {
		list = append(list, item.Text)
	}
	return list
}

// check tells whether a value is valid. What is wrong with it is reported to e, which is
// nil where nobody asks.
func (r *rule) check(v *text.Node, e *explainer) bool {
	ok := r.types == nil || r.kinds&(1<<v.Kind) != 0 || r.whole && text.CountOf(v) != "" || e.wrongType(v, r.types)
	if r.condition != nil {
		branch := r.otherwise
		if r.condition.check(v, nil) {
			branch = r.then
		}
		ok = (branch == nil || branch.check(v, e)) && ok
	}
	switch v.Kind {
	case text.KindString:
		if r.words != nil && !slices.Contains(r.words, v.Text) {
			return e.otherWord(v, r.words)
		}
		return (v.Text != "" || !r.filled || e.fail(v, "must not be empty", "")) && ok
	case text.KindNumber:
		if r.minimum != nil && text.CompareNumbers(v, r.minimum) < 0 {
			ok = e.fail(v, "must be >= "+r.minimum.Text+", not "+v.Text, "")
		}
		if r.above != nil && text.CompareNumbers(v, r.above) <= 0 {
			ok = e.fail(v, "must be > "+r.above.Text+", not "+v.Text, "")
		}
	case text.KindArray:
		ok = r.checkItems(v, e) && ok
	case text.KindObject:
		ok = r.checkMembers(v, e) && ok
	}
	return (!r.onlyText || e.otherWord(v, r.words)) && ok
}

func (r *rule) checkItems(v *text.Node, e *explainer) bool {
	ok := len(v.Items) > 0 || !r.filled || e.fail(v, "must not be empty", "")
	for i := 0; r.items != nil && i < len(v.Items); i++ {
		e.enter(step{item: i + 1})
		ok = r.items.check(v.Items[i], e) && ok
		e.leave()
	}
	return ok
}

func (r *rule) checkMembers(v *text.Node, e *explainer) bool {
	lacks := func(name string) bool { return v.Lookup(name) == nil }
	ok := !slices.ContainsFunc(r.required, lacks) || e.lacks(v, r.required)
	if r.members == nil && r.others == nil && !r.closed {
		return ok
	}
	for i := range v.Members {
		m := &v.Members[i]
		of := r.members[m.Key]
		if of == nil {
			if r.closed && !strings.HasPrefix(m.Key, "x-") {
				ok = e.unknown(m, r.names)
			}
			if of = r.others; of == nil {
				continue
			}
		}
		e.enter(step{key: m.Key})
		ok = of.check(m.Value, e) && ok
		e.leave()
	}
	return ok
}
