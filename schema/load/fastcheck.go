package load

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// fastCheck is a part of a profile, compiled to recognise valid values: nearly all
// are, and the library takes many times as long. The library checks what this
// cannot, and words the problems.
type fastCheck struct {
	types    []string // none: any
	required []string
	members  map[string]*fastCheck
	others   *fastCheck // the other members; nil: anything
	x        bool       // members that begin with "x-" may be anything
	items    *fastCheck
	words    []string // what a string may be; none: anything
	onlyText bool     // nothing but words is valid
	least    int      // items of an array, characters of a string
	from     string   // the least number, "0" or "1": a whole number
	positive bool     // a number above 0

	condition, then, otherwise *fastCheck

	never bool // no value is valid, or the profile asks for something else
}

// compileFast compiles the rule n of a profile; root is where its references begin.
func compileFast(root, n *text.Node, seen map[*text.Node]*fastCheck) *fastCheck {
	if ref := n.GetString("$ref"); ref != "" {
		n = root
		if ref != "#" {
			n = root.Get("$defs").Get(strings.TrimPrefix(ref, "#/$defs/"))
		}
	}
	if c := seen[n]; c != nil {
		return c
	}
	c := &fastCheck{never: n.Kind == text.KindBool && n.Text == "false"}
	seen[n] = c
	at := func(n *text.Node) *fastCheck { return compileFast(root, n, seen) }
	for i := range n.Members {
		c.add(n.Members[i].Key, n.Members[i].Value, at)
	}
	return c
}

// add compiles one keyword.
func (c *fastCheck) add(keyword string, arg *text.Node, at func(*text.Node) *fastCheck) {
	switch keyword {
	case "$schema", "$defs", "title":
	case "type":
		c.types = texts(arg)
	case "required":
		c.required = texts(arg)
	case "properties":
		c.members = map[string]*fastCheck{}
		for _, m := range arg.Members {
			c.members[m.Key] = at(m.Value)
		}
	case "patternProperties":
		c.x = len(arg.Members) == 1 && arg.IsTrue("^x-")
		c.never = c.never || !c.x
	case "additionalProperties":
		c.others = at(arg)
	case "items":
		c.items = at(arg)
	case "enum":
		c.words, c.onlyText = texts(arg), true
	case "pattern":
		c.words = strings.Split(strings.Trim(arg.Text, "^()$"), "|")
	case "minItems", "minLength":
		c.least, c.never = 1, c.never || arg.Text != "1"
	case "minimum":
		c.from, c.never = arg.Text, c.never || arg.Text != "0" && arg.Text != "1"
	case "exclusiveMinimum":
		c.positive, c.never = true, c.never || arg.Text != "0"
	case "if":
		c.condition = at(arg)
	case "then":
		c.then = at(arg)
	case "else":
		c.otherwise = at(arg)
	default:
		c.never = true
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

// passes tells whether a value is certainly valid.
func (c *fastCheck) passes(v *text.Node) bool {
	if c.never || !c.hasType(v) {
		return false
	}
	if c.condition != nil {
		branch := c.otherwise
		if c.condition.passes(v) { // exact: conditions ask for types and members alone
			branch = c.then
		}
		if branch != nil && !branch.passes(v) {
			return false
		}
	}
	switch v.Kind {
	case text.KindString:
		return len(v.Text) >= c.least && (c.words == nil || slices.Contains(c.words, v.Text))
	case text.KindNumber:
		return !c.onlyText && (c.from == "" || isWhole(v.Text)) && (c.from != "1" && !c.positive || isPositive(v.Text))
	case text.KindArray:
		return !c.onlyText && len(v.Items) >= c.least && (c.items == nil || !slices.ContainsFunc(v.Items, c.items.fails))
	case text.KindObject:
		return !c.onlyText && c.membersPass(v)
	}
	return !c.onlyText
}

func (c *fastCheck) fails(v *text.Node) bool { return !c.passes(v) }

func (c *fastCheck) membersPass(v *text.Node) bool {
	for _, name := range c.required {
		if v.Lookup(name) == nil {
			return false
		}
	}
	for i := range v.Members {
		m := &v.Members[i]
		rule := c.members[m.Key]
		if rule == nil && !(c.x && strings.HasPrefix(m.Key, "x-")) {
			rule = c.others
		}
		if rule != nil && !rule.passes(m.Value) {
			return false
		}
	}
	return true
}

func (c *fastCheck) hasType(v *text.Node) bool {
	if c.types == nil {
		return true
	}
	for _, t := range c.types {
		if t == v.Kind.String() || t == "integer" && v.Kind == text.KindNumber && isWhole(v.Text) {
			return true
		}
	}
	return false
}

// isWhole tells whether a number is written in digits alone.
func isWhole(text string) bool {
	return strings.Trim(text, "0123456789") == ""
}

// isPositive tells whether a number is above 0.
func isPositive(text string) bool {
	digits, _, _ := strings.Cut(strings.ToLower(text), "e")
	return !strings.HasPrefix(text, "-") && strings.ContainsAny(digits, "123456789")
}
