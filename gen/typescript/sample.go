package typescript

import (
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// sample writes a value of t with its required members, or returns nil where none is easily made.
func (r *readme) sample(t schema.Type) []string {
	if made := r.names.plan.Sample(t); made != nil {
		return r.lines(made, false)
	}
	return nil
}

// lines writes a sample, params with a member a line; nil where a value of it takes more than a
// literal.
func (r *readme) lines(s *plan.Sample, nested bool) []string {
	switch s.Type.(type) {
	case *schema.Union:
		return r.lines(s.Variant, nested)
	case *schema.Object, *schema.Map:
		return r.bracketed("{", s.Entries, "}", nested)
	case *schema.List, *schema.Tuple:
		return r.bracketed("[", s.Entries, "]", nested)
	case *schema.Null, *schema.Any:
		return []string{"null"}
	case *schema.Scalar:
		return r.scalar(s)
	default:
		return []string{r.names.literal(s.Value)}
	}
}

// scalar writes a scalar as calls take it; nil for an object of Temporal:
//
//	1n
//	new Date("2025-01-31T08:30:00Z")
func (r *readme) scalar(s *plan.Sample) []string {
	switch c := r.names.scalar(s.Type.(*schema.Scalar)); {
	case c.module == "temporal":
		return nil
	case c.name == "bigints":
		return []string{digitsOf(s.Value) + "n"}
	case c.name == "digits":
		return []string{quote(digitsOf(s.Value))}
	case c.module == "dates":
		return []string{"new Date(" + quote(s.Value.Text) + ")"}
	}
	return []string{r.names.literal(s.Value)}
}

// shortSample is how much of a list, or of an object within another value, is on one line.
const shortSample = 50

// bracketed writes members or items.
func (r *readme) bracketed(open string, entries []plan.SampleEntry, closing string, nested bool) []string {
	lines, items := []string{open}, []string{}
	for _, e := range entries {
		value := r.lines(e.Value, true)
		if value == nil {
			return nil
		}
		if open == "{" {
			value[0] = literalKey(e.Key) + ": " + value[0]
		}
		items = append(items, value[0])
		value[len(value)-1] += ","
		for _, l := range value {
			lines = append(lines, indent+l)
		}
	}
	switch one := strings.Join(items, ", "); {
	case len(entries) == 0:
		return []string{open + closing}
	case len(lines) > len(items)+1 || len(one) > shortSample:
	case open == "[":
		return []string{open + one + closing}
	case nested:
		return []string{open + " " + one + " " + closing}
	}
	return append(lines, closing)
}
