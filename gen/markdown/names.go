package markdown

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// names knows in which section something is shown.
type names struct {
	types []schema.Named // those with a section below "Types", by name
	links map[any]string // to the section of a *schema.Method, *schema.Event or schema.Named
	uses  map[schema.Named][]plan.Use
}

// newNames makes the links in the order of the headings. Enums without a name have
// no section, and params that nobody receives are shown with the first method that
// takes them.
func newNames(p *plan.Plan) *names {
	n := &names{links: map[any]string{}, uses: p.Uses()}
	a := anchors{}
	a.link(titleOf(p))
	a.link("Methods")
	for _, c := range p.Calls {
		n.links[c.Method] = a.link(code(c.Wire))
		if o, ok := c.Params.(*schema.Object); ok && !o.Out && n.links[o] == "" {
			n.links[o] = n.links[c.Method]
		}
	}
	a.link("Events")
	for _, s := range p.Subscriptions {
		n.links[s.Event] = a.link(code(s.Wire))
	}
	a.link("Types")
	n.types = slices.DeleteFunc(slices.Clone(p.Types), func(t schema.Named) bool {
		_, enum := t.(*schema.Enum)
		return n.links[t] != "" || enum && t.Head().Inline
	})
	slices.SortFunc(n.types, func(a, b schema.Named) int { return strings.Compare(a.Head().Name, b.Head().Name) })
	for _, t := range n.types {
		n.links[t] = a.link(escape(t.Head().Name))
	}
	return n
}

func titleOf(p *plan.Plan) string {
	return spaced(escape(strings.TrimSpace(p.Info.Title)), "reference")
}

var notInAnchors = regexp.MustCompile(`[^\p{L}\p{M}\p{N}_ -]`)

// anchors counts the headings with the same anchor.
type anchors map[string]int

// link returns a link to the next heading, whose anchor is what GitHub makes of it:
// [Task API](#task-api), and #task-api-1 if it is the second of that name.
func (a anchors) link(heading string) string {
	slug := strings.ReplaceAll(strings.TrimSpace(notInAnchors.ReplaceAllString(strings.ToLower(heading), "")), " ", "-")
	anchor := slug
	for _, taken := a[anchor]; taken; _, taken = a[anchor] {
		a[slug]++
		anchor = slug + "-" + strconv.Itoa(a[slug])
	}
	a[anchor] = 0
	return "[" + heading + "](#" + anchor + ")"
}
