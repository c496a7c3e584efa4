package markdown

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// writeType prints the section of a type, with its body in the middle:
//
//	### TaskPage
//
//	Used as: result of [`tasks.list`](#taskslist).
func (r *reference) writeType(t schema.Named) {
	r.paragraph("### " + escape(t.Head().Name))
	r.writeBody(t)
	var uses []string
	for _, u := range r.uses[t] {
		uses = append(uses, u.Role+" "+r.links[u.By])
	}
	r.paragraph("Used as: " + strings.Join(uses, ", ") + ".")
}

// writeBody prints what a type means and what it is made of.
func (r *reference) writeBody(t schema.Named) {
	d := t.Head()
	r.prose(d.Deprecated, d.Doc, d.Title)
	switch t := t.(type) {
	case *schema.Object:
		r.writeObject(r.plan.Object(t))
	case *schema.Enum:
		r.writeEnum(t)
	case *schema.Union:
		r.writeUnion(r.plan.Union(t))
	case *schema.Tuple:
		r.writeTuple(t)
	case *schema.Alias:
		r.typed("It is: ", t.Target)
	}
	r.paragraph(r.facts.Examples(d.Examples))
}

// writeObject prints the members of an object:
//
//	| Member  | Type    | Present            | Description |
//	| `limit` | integer | optional in params | At least 1. |
func (r *reference) writeObject(o *plan.Object) {
	var rows [][]string
	for i := range o.Members {
		m := &o.Members[i]
		expr := r.typeExpr(m.Type)
		if m.Nullable && !plan.KindsOf(m.Type).Has(plan.JSONNull) {
			expr += " or null"
		}
		facts := append(r.facts.Member(m), r.facts.Examples(m.Examples))
		rows = append(rows, []string{code(m.Wire), expr, presence(o, m), cell(m.Deprecated, m.Doc, m.Title, facts...)})
	}
	r.table([]string{"Member", "Type", "Present", "Description"}, rows)
	switch {
	case o.Extra != nil:
		r.typed("Other members: ", o.Extra)
	case o.Closed && o.In:
		r.paragraph("Other members are refused.")
	case rows == nil:
		r.paragraph("It has no members.")
	}
}

// presence says in which direction a member may be absent.
func presence(o *plan.Object, m *plan.Member) string {
	switch omit, lack := o.In && m.MayOmit(), o.Out && m.MayLack(); {
	case omit && (lack || !o.Out), lack && !o.In:
		return "optional"
	case omit:
		return "optional in params"
	case lack:
		return "optional in results"
	}
	return "always"
}

// writeEnum prints the values of an enum:
//
//	| Value | Name | Description |
//	| `3`   | HIGH | Today.      |
func (r *reference) writeEnum(e *schema.Enum) {
	var rows [][]string
	for _, v := range e.Values {
		rows = append(rows, []string{code(v.Value.JSON()), escape(v.Name), cell(nil, v.Doc, "")})
	}
	r.table([]string{"Value", "Name", "Description"}, rows)
	r.paragraph(r.facts.Enum(e))
}

// writeUnion prints the variants of a union, and how they are told apart:
//
//	| Variant             | `kind`  |
//	| [ByLabel](#bylabel) | `"tag"` |
func (r *reference) writeUnion(u *plan.Union) {
	var rows [][]string
	for _, v := range u.Variants {
		var tags []string
		for _, tag := range v.Tags {
			tags = append(tags, code(tag.JSON()))
		}
		rows = append(rows, []string{r.typeExpr(v.Type), strings.Join(tags, ", "), spaced(r.facts.Type(v.Type)...)})
	}
	if u.Null {
		rows = append(rows, []string{"null", "", ""})
	}
	r.table([]string{"Variant", code(u.Tag), "Description"}, rows)
	r.paragraph(r.facts.Union(u))
}

// writeTuple prints the places of a tuple:
//
//	| Place | Name | Type   |
//	| 1     | x    | number |
func (r *reference) writeTuple(t *schema.Tuple) {
	var rows [][]string
	for i, it := range t.Items {
		place := strconv.Itoa(i + 1)
		if i >= t.Min {
			place += ", optional"
		}
		rows = append(rows, []string{place, escape(strings.Join(it.Name, "_")), r.typeExpr(it.Type), cell(nil, it.Doc, "", r.facts.Type(it.Type)...)})
	}
	if t.Rest != nil {
		rows = append(rows, []string{"further", "", r.typeExpr(t.Rest), spaced(r.facts.Type(t.Rest)...)})
	}
	r.table([]string{"Place", "Name", "Type", "Description"}, rows)
}

// typed prints a type and what is said about its values: "Result: integer. At least 1."
func (r *reference) typed(label string, t schema.Type) {
	r.paragraph(append([]string{label + r.typeExpr(t) + "."}, r.facts.Type(t)...)...)
}

// typeExpr writes a type in the terms of JSON, with links: "list of [Task](#task)".
func (n *names) typeExpr(t schema.Type) string {
	switch t := t.(type) {
	case nil:
		return "nothing"
	case *schema.Null, *schema.Any, *schema.Scalar:
		if s, ok := t.(*schema.Scalar); ok && s.Format != schema.FormatNone {
			return s.Kind.String() + " (" + string(s.Format) + ")"
		}
		return plan.Label(t)
	case *schema.Nullable:
		return n.typeExpr(t.Elem) + " or null"
	case *schema.List:
		return "list of " + n.element(t.Elem)
	case *schema.Map:
		return "map of " + n.element(t.Key) + " to " + n.element(t.Value)
	case schema.Named:
		if _, enum := t.(*schema.Enum); enum && t.Head().Inline {
			return code(plan.Label(t))
		}
		return n.links[t]
	}
	panic(fmt.Sprintf("markdown: unexpected type %T", t))
}

// element is the type of what a list or a map holds, which may be one of several.
func (n *names) element(t schema.Type) string {
	if _, nullable := t.(*schema.Nullable); nullable {
		return "(" + n.typeExpr(t) + ")"
	}
	return n.typeExpr(t)
}
