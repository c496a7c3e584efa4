package rpc

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"math"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Rules are schemas, by their names. Generated code uses it for what is checked in the JSON of
// a value.
type Rules struct{ parse func() map[string]*rule }

// NewRules reads schemas when they are first needed.
func NewRules(text string) *Rules {
	return &Rules{sync.OnceValue(func() map[string]*rule {
		var all map[string]*rule
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			panic(err) // wsgen wrote it
		}
		for _, r := range all {
			r.link(all)
		}
		return all
	})}
}

// CheckJSON checks the JSON of a value. Generated code uses it.
func CheckJSON[T any](v *T, p *Problems, r *Rules, name string, code func(*T, *Codec)) {
	data, err := Marshal(v, code)
	if err == nil {
		var value any
		if value, err = parseAny(data); err == nil {
			r.parse()[name].check(p, value)
			return
		}
	}
	p.Add("type", err.Error())
}

func parseAny(data []byte) (value any, err error) {
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	err = d.Decode(&value)
	return value, err
}

// Checking calls through caller after the params were checked by the rule with the method's
// name. Generated code uses it.
func Checking(caller Caller, r *Rules) Caller { return &checkingCaller{wrapper{caller}, r} }

type checkingCaller struct {
	wrapper
	rules *Rules
}

// Call implements [Caller]. What is wrong with the params is an [InvalidParamsError].
func (c *checkingCaller) Call(ctx context.Context, req Request) (json.RawMessage, error) {
	if err := c.check(req); err != nil {
		return nil, err
	}
	return c.caller.Call(ctx, req)
}

// Stream implements [Streamer]; the params are checked as those of a call.
func (c *checkingCaller) Stream(ctx context.Context, req Request) iter.Seq2[json.RawMessage, error] {
	return func(yield func(json.RawMessage, error) bool) {
		if err := c.check(req); err != nil {
			yield(nil, err)
			return
		}
		c.stream(ctx, req, yield)
	}
}

func (c *checkingCaller) check(req Request) error {
	r := c.rules.parse()[req.Method]
	if r == nil {
		return nil
	}
	p := Problems{Strict: true}
	value, err := parseAny(req.Params)
	if err == nil {
		r.check(&p, value)
	}
	if p.issues != nil {
		info := CallInfo{Method: req.Method, CorrelationID: req.CorrelationID}
		return &InvalidParamsError{&Error{CallInfo: info, Code: codeInvalidParams, Message: "invalid params: " + (&ValidationError{p.issues}).Error()}, p.issues}
	}
	return err
}

// rule is a schema. The members are called after the keywords of JSON Schema.
type rule struct {
	Ref   string
	Never bool
	Null  bool // null is taken, whatever the rest says
	Type  []string
	Enum  []json.RawMessage
	Only  string // the message for another value than those of Enum

	Minimum, Maximum, ExclusiveMinimum, ExclusiveMaximum, MultipleOf json.Number

	MinLength, MaxLength *int
	Patterns             []struct{ Pattern, Message string }

	MinItems, MaxItems       *int
	UniqueItems              bool
	PrefixItems              []*rule
	Items, Contains          *rule
	MinContains, MaxContains *int

	MinProperties, MaxProperties        *int
	Required                            []string
	Properties                          map[string]*rule
	PatternProperties                   map[string]*rule
	AdditionalProperties, PropertyNames *rule
	DependentRequired                   map[string][]string
	DependentSchemas                    map[string]*rule

	AllOf, AnyOf, OneOf []*rule
	Open                bool   // a newer server may send further alternatives
	Tag                 string // the member that tells alternatives apart
	Not, If, Then, Else *rule

	UnevaluatedItems, UnevaluatedProperties *rule

	target   *rule
	values   []any
	names    []string // of Properties, in order
	patterns []patternRule
	matches  []func(string) bool
}

type patternRule struct {
	match func(string) bool
	rule  *rule
}

// link prepares a rule and those inside it.
func (r *rule) link(all map[string]*rule) {
	if r == nil {
		return
	}
	r.target = all[r.Ref]
	for _, raw := range r.Enum {
		value, err := parseAny(raw)
		if err != nil {
			panic(err) // wsgen wrote it
		}
		r.values = append(r.values, value)
	}
	r.names = slices.Sorted(maps.Keys(r.Properties))
	for _, pattern := range slices.Sorted(maps.Keys(r.PatternProperties)) {
		r.patterns = append(r.patterns, patternRule{Matcher(pattern), r.PatternProperties[pattern]})
	}
	for _, p := range r.Patterns {
		r.matches = append(r.matches, Matcher(p.Pattern))
	}
	for _, part := range []*rule{r.Items, r.Contains, r.AdditionalProperties, r.PropertyNames, r.Not, r.If, r.Then, r.Else, r.UnevaluatedItems, r.UnevaluatedProperties} {
		part.link(all)
	}
	for _, list := range [][]*rule{r.PrefixItems, r.AllOf, r.AnyOf, r.OneOf} {
		for _, part := range list {
			part.link(all)
		}
	}
	for _, parts := range []map[string]*rule{r.Properties, r.PatternProperties, r.DependentSchemas} {
		for _, part := range parts {
			part.link(all)
		}
	}
}

// fits tells whether a value is valid.
func (r *rule) fits(value any, strict bool) bool {
	p := Problems{Strict: strict}
	r.check(&p, value)
	return p.issues == nil
}

// check notes what is wrong with a value.
func (r *rule) check(p *Problems, value any) {
	if value == nil && r.Null {
		return
	}
	if r.Never {
		p.Add("never", "is not allowed")
		return
	}
	if r.Type != nil && !slices.ContainsFunc(r.Type, func(t string) bool { return hasType(value, t) }) {
		p.Add("type", "must be "+strings.Join(typeWords(r), " or "))
		return
	}
	r.checkValues(p, value)
	switch value := value.(type) {
	case string:
		r.checkText(p, value)
	case json.Number:
		r.checkNumber(p, value)
	case []any:
		r.checkArray(p, value)
	case map[string]any:
		r.checkObject(p, value)
	}
	r.checkParts(p, value)
}

func typeWords(r *rule) []string {
	words := slices.Clone(r.Type)
	for i, w := range words {
		switch w {
		case "null":
		case "array", "integer", "object":
			words[i] = "an " + w
		default:
			words[i] = "a " + w
		}
	}
	if r.Null {
		words = append(words, "null")
	}
	return words
}

func hasType(value any, typ string) bool {
	switch value := value.(type) {
	case nil:
		return typ == "null"
	case bool:
		return typ == "boolean"
	case string:
		return typ == "string"
	case []any:
		return typ == "array"
	case map[string]any:
		return typ == "object"
	case json.Number:
		return typ == "number" || typ == "integer" && isIntegral(value)
	}
	return false
}

func isIntegral(n json.Number) bool {
	if !strings.ContainsAny(string(n), ".eE") {
		return true
	}
	f, err := n.Float64()
	return err == nil && f == math.Trunc(f)
}

// ratOf returns the exact number; none where its exponent is out of reach.
func ratOf(n json.Number) (*big.Rat, bool) {
	if _, err := n.Float64(); err != nil {
		return nil, false
	}
	return new(big.Rat).SetString(string(n))
}

func (r *rule) checkValues(p *Problems, value any) {
	if r.values == nil || !p.Strict {
		return
	}
	for _, v := range r.values {
		if same(v, value) {
			return
		}
	}
	p.Add("const", r.Only)
}

// same tells whether two JSON values are equal.
func same(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		x, okX := ratOf(a)
		y, okY := ratOf(b)
		return a == b || okX && okY && x.Cmp(y) == 0
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	}
	switch b.(type) {
	case []any, map[string]any:
		return false
	}
	return a == b
}

func (r *rule) checkText(p *Problems, value string) {
	if r.MinLength != nil && Shorter(value, *r.MinLength) {
		p.Add("limit", "must have at least "+counted(*r.MinLength, "character"))
	}
	if r.MaxLength != nil && Longer(value, *r.MaxLength) {
		p.Add("limit", "must have at most "+counted(*r.MaxLength, "character"))
	}
	for i, match := range r.matches {
		if !match(value) {
			p.Add("format", r.Patterns[i].Message)
		}
	}
}

func counted(n int, of string) string {
	if n == 1 {
		return "1 " + of
	}
	return strconv.Itoa(n) + " " + of + "s"
}

func (r *rule) checkNumber(p *Problems, n json.Number) {
	value, ok := ratOf(n)
	if !ok {
		return
	}
	for _, l := range []struct {
		bound  json.Number
		wrong  func(int) bool
		phrase string
	}{
		{r.Minimum, func(c int) bool { return c < 0 }, "at least "},
		{r.ExclusiveMinimum, func(c int) bool { return c <= 0 }, "more than "},
		{r.Maximum, func(c int) bool { return c > 0 }, "at most "},
		{r.ExclusiveMaximum, func(c int) bool { return c >= 0 }, "less than "},
	} {
		if l.bound == "" {
			continue
		}
		if bound, ok := ratOf(l.bound); ok && l.wrong(value.Cmp(bound)) {
			p.Add("limit", "must be "+l.phrase+string(l.bound))
		}
	}
	if r.MultipleOf != "" && !isMultiple(value, string(r.MultipleOf)) {
		p.Add("limit", "must be a multiple of "+string(r.MultipleOf))
	}
}

func (r *rule) checkArray(p *Problems, items []any) {
	if r.MinItems != nil && len(items) < *r.MinItems {
		p.Add("limit", "must have at least "+counted(*r.MinItems, "item"))
	}
	if r.MaxItems != nil && len(items) > *r.MaxItems && (p.Strict || r.PrefixItems == nil) {
		p.Add("limit", "must have at most "+counted(*r.MaxItems, "item"))
	}
	if r.UniqueItems && repeats(items) {
		p.Add("limit", "must have no item twice")
	}
	for i, item := range items {
		part := r.Items
		if i < len(r.PrefixItems) {
			part = r.PrefixItems[i]
		}
		if part == nil || part.Never && i >= len(r.PrefixItems) && !p.Strict {
			continue
		}
		p.EnterItem(i)
		part.check(p, item)
		p.Leave()
	}
	if r.Contains != nil {
		r.checkContains(p, items)
	}
}

func (r *rule) checkContains(p *Problems, items []any) {
	fit, least := 0, 1
	for _, item := range items {
		if r.Contains.fits(item, true) {
			fit++
		}
	}
	if r.MinContains != nil {
		least = *r.MinContains
	}
	if fit < least {
		p.Add("limit", "must have at least "+counted(least, "item")+" of a kind")
	}
	if r.MaxContains != nil && fit > *r.MaxContains {
		p.Add("limit", "must have at most "+counted(*r.MaxContains, "item")+" of a kind")
	}
}

func repeats(items []any) bool {
	seen := make(map[string]bool, len(items))
	for _, item := range items {
		var b strings.Builder
		writeCanonical(&b, item)
		seen[b.String()] = true
	}
	return len(seen) < len(items)
}

// writeCanonical writes equal values alike.
func writeCanonical(b *strings.Builder, value any) {
	switch value := value.(type) {
	case json.Number:
		if r, ok := ratOf(value); ok {
			b.WriteString(r.RatString())
			return
		}
		b.WriteString(string(value))
	case []any:
		b.WriteByte('[')
		for _, item := range value {
			writeCanonical(b, item)
			b.WriteByte(',')
		}
		b.WriteByte(']')
	case map[string]any:
		b.WriteByte('{')
		for _, key := range slices.Sorted(maps.Keys(value)) {
			b.WriteString(strconv.Quote(key))
			writeCanonical(b, value[key])
			b.WriteByte(',')
		}
		b.WriteByte('}')
	case string:
		b.WriteString(strconv.Quote(value))
	default:
		fmt.Fprint(b, value)
	}
}

func (r *rule) checkObject(p *Problems, members map[string]any) {
	if r.MinProperties != nil && len(members) < *r.MinProperties {
		p.Add("limit", "must have at least "+counted(*r.MinProperties, "member"))
	}
	if r.MaxProperties != nil && len(members) > *r.MaxProperties {
		p.Add("limit", "must have at most "+counted(*r.MaxProperties, "member"))
	}
	for _, name := range r.Required {
		if _, ok := members[name]; !ok {
			p.AddAt(name, "missing", "is missing")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.DependentRequired)) {
		if _, ok := members[name]; ok {
			for _, other := range r.DependentRequired[name] {
				if _, ok := members[other]; !ok {
					p.AddAt(other, "missing", "is missing beside "+name)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		r.checkMember(p, name, members[name])
	}
	for _, name := range slices.Sorted(maps.Keys(r.DependentSchemas)) {
		if _, ok := members[name]; ok {
			r.DependentSchemas[name].check(p, members)
		}
	}
}

func (r *rule) checkMember(p *Problems, name string, value any) {
	p.Enter(name)
	defer p.Leave()
	if r.PropertyNames != nil {
		r.PropertyNames.check(p, name)
	}
	declared, known := r.Properties[name]
	if known {
		declared.check(p, value)
	}
	for _, pattern := range r.patterns {
		if pattern.match(name) {
			known = true
			pattern.rule.check(p, value)
		}
	}
	switch extra := r.AdditionalProperties; {
	case known || extra == nil:
	case !extra.Never:
		extra.check(p, value)
	case p.Strict:
		p.Add("extra", "is not known")
	}
}

// checkParts checks the rules that are about the same value.
func (r *rule) checkParts(p *Problems, value any) {
	if r.target != nil {
		r.target.check(p, value)
	}
	for _, part := range r.AllOf {
		part.check(p, value)
	}
	if r.AnyOf != nil {
		r.checkAlternatives(p, value, r.AnyOf)
	}
	if r.OneOf != nil {
		fit := 0
		for _, part := range r.OneOf {
			if part.fits(value, true) {
				fit++
			}
		}
		switch {
		case fit > 1:
			p.Add("union", "fits several of the alternatives")
		case fit == 0:
			r.checkAlternatives(p, value, r.OneOf)
		}
	}
	if r.Not != nil && r.Not.fits(value, true) {
		p.Add("never", "is not allowed")
	}
	if r.If != nil {
		then := r.Then
		if !r.If.fits(value, true) {
			then = r.Else
		}
		if then != nil {
			then.check(p, value)
		}
	}
	if r.UnevaluatedItems != nil || r.UnevaluatedProperties != nil {
		r.checkUnevaluated(p, value)
	}
}

// checkAlternatives notes what is wrong with a value of the only alternative that can be
// meant, or that it is none of them.
func (r *rule) checkAlternatives(p *Problems, value any, parts []*rule) {
	if object, ok := value.(map[string]any); ok && r.Tag != "" && hasType(object[r.Tag], "string") {
		for _, part := range parts {
			if part.selectedBy(r.Tag, object[r.Tag]) {
				part.check(p, value)
				return
			}
		}
		if p.Strict || !r.Open {
			p.AddAt(r.Tag, "const", "selects none of the alternatives")
		}
		return
	}
	var meant [][]Issue
	for _, part := range parts {
		own := Problems{Strict: p.Strict}
		part.check(&own, value)
		if own.issues == nil {
			return
		}
		if !slices.ContainsFunc(own.issues, tellsApart) {
			meant = append(meant, own.issues)
		}
	}
	if len(meant) == 0 && r.Open && !p.Strict {
		return
	}
	if len(meant) != 1 {
		p.Add("union", "fits none of the alternatives")
		return
	}
	at := len(p.issues)
	p.Add("", "")
	base := p.issues[at].Loc
	p.issues = p.issues[:at]
	for _, issue := range meant[0] {
		issue.Loc = slices.Concat(base, issue.Loc)
		p.issues = append(p.issues, issue)
	}
}

// selectedBy tells whether the tag of an object is one that the rule lists.
func (r *rule) selectedBy(name string, tag any) bool {
	for r != nil && r.Properties[name] == nil {
		r = r.target
	}
	return r != nil && r.Properties[name].fits(tag, true)
}

// tellsApart tells whether an issue says that another alternative is meant: the value has
// another type, or a member has another constant or is missing.
func tellsApart(i Issue) bool {
	if len(i.Loc) == 0 {
		return i.Type != "limit" && i.Type != "format"
	}
	return len(i.Loc) == 1 && (i.Type == "const" || i.Type == "missing")
}

// marks are the members and items that schemas have described.
type marks struct {
	all   bool
	names map[string]bool
	items map[int]bool
}

func (r *rule) checkUnevaluated(p *Problems, value any) {
	own := *r
	own.UnevaluatedItems, own.UnevaluatedProperties = nil, nil
	seen := marks{names: map[string]bool{}, items: map[int]bool{}}
	own.mark(&seen, value)
	if seen.all {
		return
	}
	report := func(rest *rule, part any) {
		switch {
		case !rest.Never:
			rest.check(p, part)
		case p.Strict:
			p.Add("extra", "is not known")
		}
	}
	if members, ok := value.(map[string]any); ok && r.UnevaluatedProperties != nil {
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if !seen.names[name] {
				p.Enter(name)
				report(r.UnevaluatedProperties, members[name])
				p.Leave()
			}
		}
	}
	if items, ok := value.([]any); ok && r.UnevaluatedItems != nil {
		for i, item := range items {
			if !seen.items[i] {
				p.EnterItem(i)
				report(r.UnevaluatedItems, item)
				p.Leave()
			}
		}
	}
}

// mark notes the members and items that a rule describes which a value fits.
func (r *rule) mark(seen *marks, value any) {
	switch value := value.(type) {
	case map[string]any:
		if r.UnevaluatedProperties != nil {
			seen.all = true
		}
		for name := range value {
			_, known := r.Properties[name]
			matched := slices.ContainsFunc(r.patterns, func(p patternRule) bool { return p.match(name) })
			if known || matched || r.AdditionalProperties != nil {
				seen.names[name] = true
			}
		}
		for name, part := range r.DependentSchemas {
			if _, ok := value[name]; ok {
				part.markIf(seen, value)
			}
		}
	case []any:
		if r.UnevaluatedItems != nil {
			seen.all = true
		}
		for i, item := range value {
			if i < len(r.PrefixItems) || r.Items != nil || r.Contains != nil && r.Contains.fits(item, true) {
				seen.items[i] = true
			}
		}
	}
	r.target.markIf(seen, value)
	for _, parts := range [][]*rule{r.AllOf, r.AnyOf, r.OneOf} {
		for _, part := range parts {
			part.markIf(seen, value)
		}
	}
	if r.If == nil {
		return
	}
	if r.If.fits(value, true) {
		r.If.mark(seen, value)
		r.Then.markIf(seen, value)
	} else {
		r.Else.markIf(seen, value)
	}
}

func (r *rule) markIf(seen *marks, value any) {
	if r != nil && r.fits(value, true) {
		r.mark(seen, value)
	}
}
