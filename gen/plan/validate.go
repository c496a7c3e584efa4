package plan

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Validator is what is demanded of the values of a named type.
type Validator struct {
	Type  schema.Named
	Input *schema.Check // of values that are sent; nil where none are
	Out   *schema.Check // of values that are received; nil where none are
}

// Validators lists the types that the documents have a schema for, in the model's order.
// Their checks are simplified: what means the same has one form.
//
//	anyOf: [X, null]            X, or null
//	anyOf: [string, integer]    several types
//	oneOf: [const, const]       listed values
func (p *Plan) Validators() []Validator {
	s := simplifier{}
	var list []Validator
	for _, t := range p.Types {
		v := Validator{Type: t}
		if head := t.Head(); len(head.Sources) > 0 {
			if head.In {
				v.Input = s.check(head.CheckOf(true))
			}
			if head.Out {
				v.Out = s.check(head.CheckOf(false))
			}
			if v.Input != nil || v.Out != nil {
				list = append(list, v)
			}
		}
	}
	return list
}

// simplifier has the simplified form of each check.
type simplifier map[*schema.Check]*schema.Check

func (s simplifier) check(c *schema.Check) *schema.Check {
	if c == nil {
		return nil
	}
	if done := s[c]; done != nil {
		return done
	}
	out := &schema.Check{}
	s[c] = out
	*out = *c
	out.Items, out.Contains, out.Additional, out.Names = s.check(c.Items), s.check(c.Contains), s.check(c.Additional), s.check(c.Names)
	out.Ref, out.Not, out.If, out.Then, out.Else = s.check(c.Ref), s.check(c.Not), s.check(c.If), s.check(c.Then), s.check(c.Else)
	out.UnevaluatedItems, out.UnevaluatedMembers = s.check(c.UnevaluatedItems), s.check(c.UnevaluatedMembers)
	out.Prefix, out.AllOf, out.AnyOf, out.OneOf = s.list(c.Prefix), s.list(c.AllOf), s.list(c.AnyOf), s.list(c.OneOf)
	out.Members, out.Patterns, out.Dependent = s.members(c.Members), s.members(c.Patterns), s.members(c.Dependent)
	dropIdle(out)
	joinAlternatives(out)
	return out
}

func (s simplifier) list(checks []*schema.Check) []*schema.Check {
	var out []*schema.Check
	for _, c := range checks {
		out = append(out, s.check(c))
	}
	return out
}

func (s simplifier) members(members []schema.CheckMember) []schema.CheckMember {
	var out []schema.CheckMember
	for _, m := range members {
		out = append(out, schema.CheckMember{Key: m.Key, Check: s.check(m.Check)})
	}
	return out
}

// dropIdle takes out what never finds anything.
func dropIdle(c *schema.Check) {
	if c.Names != nil && refusesText(c.Names) {
		c.Names = nil // Pydantic says "integer" of names that are the text of integers
	}
	if c.Listed && len(c.Values) == 0 {
		c.Never, c.Listed = true, false
	}
	if c.Ref != nil && Idle(c.Ref) {
		c.Ref = nil
	}
	for _, limit := range []*string{&c.MinLength, &c.MinItems, &c.MinMembers} {
		if *limit == "0" {
			*limit = ""
		}
	}
	c.AllOf = slices.DeleteFunc(c.AllOf, Idle)
}

// Idle tells whether a check takes every value.
func Idle(c *schema.Check) bool {
	return c == nil || isBare(c) && c.Types == nil && !c.Never
}

// isBare tells whether a check looks at nothing but the type of a value.
func isBare(c *schema.Check) bool {
	return !c.Listed && c.Limits == (schema.Limits{}) && CheckedFormat(c) == schema.FormatNone && IsFlat(c) &&
		c.MinItems == "" && c.MaxItems == "" && !c.Unique && c.MinMembers == "" && c.MaxMembers == "" && c.Required == nil && c.Needs == nil
}

// IsFlat tells whether no part of a check is a check.
func IsFlat(c *schema.Check) bool {
	return c.Prefix == nil && c.Items == nil && c.Contains == nil && c.Members == nil && c.Patterns == nil && c.Additional == nil &&
		c.Names == nil && c.Dependent == nil && !Combines(c)
}

// Combines tells whether a check has others that are about the same value.
func Combines(c *schema.Check) bool {
	return c.Ref != nil || c.AllOf != nil || c.AnyOf != nil || c.OneOf != nil || c.Not != nil || c.If != nil ||
		c.UnevaluatedItems != nil || c.UnevaluatedMembers != nil
}

// CheckedFormat returns the format that texts must have; those that are documentation
// only are none.
func CheckedFormat(c *schema.Check) schema.Format {
	if formatPatterns[c.Format] == "" {
		return schema.FormatNone
	}
	return c.Format
}

// joinAlternatives writes alternatives as one check where they differ in the type alone, or
// list values, or where one is null.
func joinAlternatives(c *schema.Check) {
	branches := c.AnyOf
	if branches == nil {
		branches = c.OneOf
	}
	rest := *c
	rest.AnyOf, rest.OneOf, rest.Key, rest.Null = nil, nil, "", false
	if len(branches) == 0 || c.AnyOf != nil && c.OneOf != nil || !Idle(&rest) {
		return
	}
	var null bool
	var others []*schema.Check
	for _, b := range branches {
		if isBare(b) && !b.Null && !b.Never && slices.Equal(b.Types, []string{"null"}) {
			null = true
		} else {
			others = append(others, b)
		}
	}
	key, always := c.Key, c.Null
	switch {
	case len(others) == 0:
		*c = schema.Check{Types: []string{"null"}}
	case len(others) == 1 && (c.AnyOf != nil || !null || refusesNull(others[0])) && others[0].Key == "":
		*c = *others[0]
	case len(others) == 1 && (c.AnyOf != nil || !null || refusesNull(others[0])):
		*c = schema.Check{Ref: others[0]}
	case !joinTypes(c, others) && !joinValues(c, others):
		if !null {
			return
		}
		if c.AnyOf == nil && slices.ContainsFunc(others, func(b *schema.Check) bool { return !refusesNull(b) }) {
			return
		}
		if c.AnyOf != nil {
			c.AnyOf = others
		} else {
			c.OneOf = others
		}
	}
	c.Key, c.Null = key, c.Null || null || always
}

// refusesNull tells whether null is surely not taken.
func refusesNull(c *schema.Check) bool {
	for hops := 0; hops < 50; hops++ {
		switch {
		case c.Null:
			return false
		case c.Types != nil:
			return !slices.Contains(c.Types, "null")
		case c.Ref == nil:
			return false
		}
		c = c.Ref
	}
	return false
}

// refusesText tells whether the types that a check names are those of other values.
func refusesText(c *schema.Check) bool {
	for hops := 0; hops < 50; hops++ {
		if c.Types != nil {
			return !slices.Contains(c.Types, "string")
		}
		if c.Ref == nil {
			break
		}
		c = c.Ref
	}
	return false
}

// joinTypes makes a list of types of alternatives that exclude each other.
func joinTypes(c *schema.Check, branches []*schema.Check) bool {
	var types []string
	for _, b := range branches {
		if !isBare(b) || b.Null || b.Never || len(b.Types) != 1 || slices.Contains(types, b.Types[0]) {
			return false
		}
		types = append(types, b.Types[0])
	}
	if slices.Contains(types, "integer") && slices.Contains(types, "number") && c.OneOf != nil {
		return false
	}
	c.AnyOf, c.OneOf, c.Types = nil, nil, types
	return true
}

// joinValues makes a list of values of alternatives that list theirs.
func joinValues(c *schema.Check, branches []*schema.Check) bool {
	var values []*text.Node
	seen := map[string]bool{}
	for _, b := range branches {
		only := *b
		only.Listed, only.Values, only.Types = false, nil, nil
		if !b.Listed || !isBare(&only) || b.Null {
			return false
		}
		for _, v := range b.Values {
			if seen[v.JSON()] || v.Kind == text.KindNumber {
				return false // 1 and 1.0 would be two
			}
			if seen[v.JSON()] = true; b.Types == nil || slices.ContainsFunc(b.Types, func(t string) bool { return takes(t, v) }) {
				values = append(values, v)
			}
		}
	}
	c.AnyOf, c.OneOf, c.Values, c.Listed = nil, nil, values, true
	return true
}

func takes(typ string, v *text.Node) bool {
	return typ == v.Kind.String() || typ == "integer" && v.Kind == text.KindNumber && isInteger(v.Text)
}

// OpenAlternatives tells whether a newer server may send a value that is none of the
// alternatives: those of a union, not those that only narrow a value.
func OpenAlternatives(branches []*schema.Check) bool {
	return !slices.ContainsFunc(branches, func(b *schema.Check) bool { return !namesType(b, 0) })
}

func namesType(c *schema.Check, hops int) bool {
	return c.Types != nil || c.Listed || hops < 50 && c.Ref != nil && namesType(c.Ref, hops+1)
}

// Dispatch finds the alternative by a text that it demands of a member.
type Dispatch struct {
	Member string
	Tags   [][]string // of each alternative
}

// DispatchOf returns how alternatives that are objects are told apart: by a member for
// whose values each lists others. It returns nil where there is none.
func DispatchOf(branches []*schema.Check) *Dispatch {
	if len(branches) < 2 {
		return nil
	}
	objects := make([]*schema.Check, len(branches))
	for i, b := range branches {
		for hops := 0; b.Ref != nil && b.Types == nil && !b.Null && hops < 50; hops++ {
			b = b.Ref
		}
		if !slices.Equal(b.Types, []string{"object"}) || b.Null {
			return nil
		}
		objects[i] = b
	}
	for _, m := range objects[0].Members {
		if tags := tagsOf(objects, m.Key); tags != nil {
			return &Dispatch{m.Key, tags}
		}
	}
	return nil
}

func tagsOf(objects []*schema.Check, key string) [][]string {
	seen := map[string]bool{}
	tags := make([][]string, len(objects))
	for i, o := range objects {
		at := slices.IndexFunc(o.Members, func(m schema.CheckMember) bool { return m.Key == key })
		if at < 0 {
			return nil
		}
		c := o.Members[at].Check
		for hops := 0; c.Ref != nil && !c.Listed && !c.Null && hops < 50; hops++ {
			c = c.Ref
		}
		if !c.Listed || c.Null {
			return nil
		}
		for _, v := range c.Values {
			if v.Kind != text.KindString || seen[v.Text] {
				return nil
			}
			seen[v.Text] = true
			tags[i] = append(tags[i], v.Text)
		}
	}
	return tags
}

// Required tells whether an object must have a member.
func Required(c *schema.Check, key string) bool { return slices.Contains(c.Required, key) }

// OnlyRequired lists the members that must be there and are not described.
func OnlyRequired(c *schema.Check) []string {
	declared := map[string]bool{}
	for _, m := range c.Members {
		declared[m.Key] = true
	}
	var keys []string
	for _, key := range c.Required {
		if !declared[key] {
			declared[key] = true
			keys = append(keys, key)
		}
	}
	return keys
}
