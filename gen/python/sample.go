package python

import (
	"slices"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// sampleParams writes an example of params: by their classes or, where they hold what has a
// class of the standard library, as JSON, which calls take too.
func (p *printer) sampleParams(made *plan.Sample) (params expr, imported []string) {
	s := sampleWriter{printer: p, plain: true}
	if params = s.expr(made); s.plain {
		return params, s.imported
	}
	return literalOf(made.Node()), nil
}

// sampleWriter writes samples by their classes.
type sampleWriter struct {
	*printer
	imported []string
	plain    bool // nothing is in it that takes a class of another library
}

func (s *sampleWriter) expr(made *plan.Sample) expr {
	switch t := made.Type.(type) {
	case *schema.Scalar:
		s.plain = s.plain && native[t.Format] == "" && !isIPAny(t.Format)
	case *schema.Union:
		return s.expr(made.Variant)
	case *schema.Enum:
		if !inPlace(t) {
			s.use(s.names.types[t])
			return atom(s.names.types[t] + "." + s.names.members[t][made.Index])
		}
	case *schema.Object:
		class := s.names.typeName(t, true)
		s.use(class)
		var args []expr
		for _, e := range made.Entries {
			if e.Member.Filled {
				continue
			}
			for i, f := range t.Fields {
				if f == e.Member.Field {
					args = append(args, keyword(s.names.attrs[t][i], s.expr(e.Value)))
				}
			}
		}
		return call(class, args...)
	case *schema.List, *schema.Tuple:
		var items []expr
		for _, e := range made.Entries {
			items = append(items, s.expr(e.Value))
		}
		if _, isTuple := t.(*schema.Tuple); isTuple {
			return tupleOf(items...)
		}
		s.plain = s.plain && !t.(*schema.List).Unique // that is a set
		return listOf(items...)
	case *schema.Map:
		var entries []expr
		for _, e := range made.Entries {
			entries = append(entries, entry(quote(e.Key), s.expr(e.Value)))
		}
		return dictOf(entries...)
	}
	return literalOf(made.Node())
}

func (s *sampleWriter) use(class string) {
	if !slices.Contains(s.imported, class) {
		s.imported = append(s.imported, class)
	}
}
