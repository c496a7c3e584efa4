package load

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// glance is a part of a profile, compiled to tell at a glance that a value is
// right: nearly every value is, and the library takes many times as long. What a
// glance does not see is asked of the library, which finds the words as well.
type glance struct {
	types    []string // none: any
	required []string
	members  map[string]*glance
	others   *glance // the other members; nil: anything
	x        bool    // members that begin with "x-" may be anything
	items    *glance
	words    []string // what a string may be; none: anything
	onlyText bool     // nothing but words is right
	least    int      // items of an array, characters of a string
	from     string   // the least number, "0" or "1": a whole number
	positive bool     // a number above 0

	condition, then, otherwise *glance

	never bool // no value is right, or the profile asks for something else
}

// glanceAt compiles the rule n of a profile; root is where its references begin.
func glanceAt(root, n *text.Node, seen map[*text.Node]*glance) *glance {
	if ref := n.GetString("$ref"); ref != "" {
		n = root
		if ref != "#" {
			n = root.Get("$defs").Get(strings.TrimPrefix(ref, "#/$defs/"))
		}
	}
	if g := seen[n]; g != nil {
		return g
	}
	g := &glance{never: n.Kind == text.KindBool && n.Text == "false"}
	seen[n] = g
	at := func(n *text.Node) *glance { return glanceAt(root, n, seen) }
	for i := range n.Members {
		g.add(n.Members[i].Key, n.Members[i].Value, at)
	}
	return g
}

// add compiles one keyword.
func (g *glance) add(keyword string, arg *text.Node, at func(*text.Node) *glance) {
	switch keyword {
	case "$schema", "$defs", "title":
	case "type":
		g.types = texts(arg)
	case "required":
		g.required = texts(arg)
	case "properties":
		g.members = map[string]*glance{}
		for _, m := range arg.Members {
			g.members[m.Key] = at(m.Value)
		}
	case "patternProperties":
		g.x = len(arg.Members) == 1 && arg.IsTrue("^x-")
		g.never = g.never || !g.x
	case "additionalProperties":
		g.others = at(arg)
	case "items":
		g.items = at(arg)
	case "enum":
		g.words, g.onlyText = texts(arg), true
	case "pattern":
		g.words = strings.Split(strings.Trim(arg.Text, "^()$"), "|")
	case "minItems", "minLength":
		g.least, g.never = 1, g.never || arg.Text != "1"
	case "minimum":
		g.from, g.never = arg.Text, g.never || arg.Text != "0" && arg.Text != "1"
	case "exclusiveMinimum":
		g.positive, g.never = true, g.never || arg.Text != "0"
	case "if":
		g.condition = at(arg)
	case "then":
		g.then = at(arg)
	case "else":
		g.otherwise = at(arg)
	default:
		g.never = true
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

// right tells whether a value is certainly right.
func (g *glance) right(v *text.Node) bool {
	if g.never || !g.hasType(v) {
		return false
	}
	if g.condition != nil {
		branch := g.otherwise
		if g.condition.right(v) { // exact: conditions ask for types and members alone
			branch = g.then
		}
		if branch != nil && !branch.right(v) {
			return false
		}
	}
	switch v.Kind {
	case text.KindString:
		return len(v.Text) >= g.least && (g.words == nil || slices.Contains(g.words, v.Text))
	case text.KindNumber:
		return !g.onlyText && (g.from == "" || isWhole(v.Text)) && (g.from != "1" && !g.positive || isPositive(v.Text))
	case text.KindArray:
		return !g.onlyText && len(v.Items) >= g.least && (g.items == nil || !slices.ContainsFunc(v.Items, g.items.wrong))
	case text.KindObject:
		return !g.onlyText && g.rightMembers(v)
	}
	return !g.onlyText
}

func (g *glance) wrong(v *text.Node) bool { return !g.right(v) }

func (g *glance) rightMembers(v *text.Node) bool {
	for _, name := range g.required {
		if v.Lookup(name) == nil {
			return false
		}
	}
	for i := range v.Members {
		m := &v.Members[i]
		rule := g.members[m.Key]
		if rule == nil && !(g.x && strings.HasPrefix(m.Key, "x-")) {
			rule = g.others
		}
		if rule != nil && !rule.right(m.Value) {
			return false
		}
	}
	return true
}

func (g *glance) hasType(v *text.Node) bool {
	if g.types == nil {
		return true
	}
	for _, t := range g.types {
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
