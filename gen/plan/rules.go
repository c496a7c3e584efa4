package plan

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Rules writes checks as JSON for languages whose runtime interprets some or all of them.
// The members are called after JSON Schema's keywords, with these differences:
//
//	ref, never, null   the name of another rule; the schema false; null is taken, too
//	type, enum         always lists; a constant is a list of one; only is the message
//	patterns           of the text: pattern and format, each with its message
//	open, tag          of alternatives: more may come; the member that tells them apart
type Rules struct {
	pattern func(string) []string // of the language's engine: all must match; none where it has no such thing

	names  map[*schema.Check]string
	taken  map[string]bool
	queue  []*schema.Check
	called []string // what the checks in queue are called
}

// NewRules returns an empty collection.
func NewRules(pattern func(string) []string) *Rules {
	return &Rules{pattern: pattern, names: map[*schema.Check]string{}, taken: map[string]bool{}}
}

// Name returns the name of a check's rule, which is written if it was not.
func (r *Rules) Name(c *schema.Check, called string) string {
	if name := r.names[c]; name != "" {
		return name
	}
	want := cmp.Or(c.Key, called)
	name := want
	for i := 2; r.taken[name]; i++ {
		name = want + strconv.Itoa(i)
	}
	r.Add(name, c)
	return name
}

// Reserve keeps a name for [Rules.Add].
func (r *Rules) Reserve(name string) { r.taken[name] = true }

// Add writes a rule under a name that is not taken, or reserved for it.
func (r *Rules) Add(name string, c *schema.Check) {
	r.taken[name] = true
	if r.names[c] == "" {
		r.names[c] = name
	}
	r.queue = append(r.queue, c)
	r.called = append(r.called, name)
}

// JSON returns the rules, one a line; "" where there are none.
func (r *Rules) JSON() string {
	if len(r.queue) == 0 {
		return ""
	}
	var lines []string
	for i := 0; i < len(r.queue); i++ { // a rule may add others
		body := r.body(r.queue[i])
		lines = append(lines, text.QuoteJSON(r.called[i])+": "+body)
	}
	return "{\n" + strings.Join(lines, ",\n") + "\n}"
}

// body writes a check.
func (r *Rules) body(c *schema.Check) string {
	o := &object{}
	o.flag("never", c.Never)
	o.flag("null", c.Null)
	if c.Ref != nil {
		o.add("ref", text.QuoteJSON(r.Name(c.Ref, "Part")))
	}
	o.texts("type", c.Types)
	if c.Listed {
		values := make([]string, len(c.Values))
		for i, v := range c.Values {
			values[i] = v.JSON()
		}
		o.list("enum", values)
		o.add("only", text.QuoteJSON(OnlyMessage(c)))
	}
	for _, l := range []struct{ key, value string }{
		{"minimum", c.Minimum}, {"maximum", c.Maximum}, {"exclusiveMinimum", c.ExclusiveMinimum}, {"exclusiveMaximum", c.ExclusiveMaximum},
		{"multipleOf", c.MultipleOf}, {"minLength", c.MinLength}, {"maxLength", c.MaxLength}, {"minItems", c.MinItems}, {"maxItems", c.MaxItems},
		{"minContains", c.MinContains}, {"maxContains", c.MaxContains}, {"minProperties", c.MinMembers}, {"maxProperties", c.MaxMembers},
	} {
		if l.value != "" {
			o.add(l.key, l.value)
		}
	}
	r.patterns(o, c)
	o.flag("uniqueItems", c.Unique)
	o.texts("required", c.Required)
	r.parts(o, c)
	return o.String()
}

func (r *Rules) patterns(o *object, c *schema.Check) {
	var list []string
	add := func(pattern, message string) {
		for _, p := range r.pattern(pattern) {
			list = append(list, `{"pattern": `+text.QuoteJSON(p)+`, "message": `+text.QuoteJSON(message)+"}")
		}
	}
	if c.Pattern != "" {
		add(c.Pattern, "must match the pattern "+c.Pattern)
	}
	if f := CheckedFormat(c); f != schema.FormatNone {
		add("^(?:"+FormatPattern(f)+")$", "must be of the format "+string(f))
	}
	if list != nil {
		o.list("patterns", list)
	}
}

// parts writes the checks inside a check.
func (r *Rules) parts(o *object, c *schema.Check) {
	additional := c.Additional
	for _, m := range c.Patterns {
		if len(r.pattern(m.Key)) != 1 {
			additional = nil // it is not known which members these are
		}
	}
	for _, p := range []struct {
		key   string
		check *schema.Check
	}{
		{"items", c.Items}, {"contains", c.Contains}, {"additionalProperties", additional}, {"propertyNames", c.Names}, {"not", c.Not}, {"if", c.If},
		{"then", c.Then}, {"else", c.Else}, {"unevaluatedItems", c.UnevaluatedItems}, {"unevaluatedProperties", c.UnevaluatedMembers},
	} {
		if p.check != nil {
			o.add(p.key, r.body(p.check))
		}
	}
	for _, p := range []struct {
		key    string
		checks []*schema.Check
	}{{"prefixItems", c.Prefix}, {"allOf", c.AllOf}, {"anyOf", c.AnyOf}, {"oneOf", c.OneOf}} {
		if p.checks != nil {
			bodies := make([]string, len(p.checks))
			for i, check := range p.checks {
				bodies[i] = r.body(check)
			}
			o.list(p.key, bodies)
		}
	}
	if branches := slices.Concat(c.AnyOf, c.OneOf); branches != nil {
		o.flag("open", OpenAlternatives(branches))
		if d := DispatchOf(branches); d != nil {
			o.add("tag", text.QuoteJSON(d.Member))
		}
	}
	r.members(o, "properties", c.Members, false)
	r.members(o, "patternProperties", c.Patterns, true)
	r.members(o, "dependentSchemas", c.Dependent, false)
	if c.Needs != nil {
		needs := &object{}
		for _, n := range c.Needs {
			needs.list(n.Key, quotedAll(n.Others))
		}
		o.add("dependentRequired", needs.String())
	}
}

func (r *Rules) members(o *object, key string, members []schema.CheckMember, patterns bool) {
	if members == nil {
		return
	}
	inner := &object{}
	for _, m := range members {
		if !patterns {
			inner.add(m.Key, r.body(m.Check))
		} else if list := r.pattern(m.Key); len(list) == 1 {
			inner.add(list[0], r.body(m.Check))
		}
	}
	o.add(key, inner.String())
}

// object is a JSON object that is being written.
type object struct{ members []string }

func (o *object) add(key, value string) {
	o.members = append(o.members, text.QuoteJSON(key)+": "+value)
}

func (o *object) flag(key string, set bool) {
	if set {
		o.add(key, "true")
	}
}

func (o *object) list(key string, values []string) {
	o.add(key, "["+strings.Join(values, ", ")+"]")
}

func (o *object) texts(key string, values []string) {
	if values != nil {
		o.list(key, quotedAll(values))
	}
}

func quotedAll(texts []string) []string {
	quoted := make([]string, len(texts))
	for i, s := range texts {
		quoted[i] = text.QuoteJSON(s)
	}
	return quoted
}

func (o *object) String() string { return "{" + strings.Join(o.members, ", ") + "}" }

// OnlyMessage says what other values than those that are listed are not.
func OnlyMessage(c *schema.Check) string {
	var texts []string
	for _, v := range c.Values {
		if v.Kind == text.KindArray || v.Kind == text.KindObject {
			return "is not one of the values that are listed"
		}
		texts = append(texts, v.JSON())
	}
	message := "must be one of " + strings.Join(texts, ", ")
	if len(texts) == 1 {
		message = "must be " + texts[0]
	}
	if len(message) > 200 {
		return "is not one of the values that are listed"
	}
	return message
}
