package python

import (
	"slices"
	"strings"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// ownModels lists the types whose classes are those that the documents were exported from.
func (p *printer) ownModels() []schema.Named {
	return slices.DeleteFunc(slices.Clone(p.imports.Imported), func(t schema.Named) bool {
		return p.imports.Any(t).Rule.Generator != plan.OwnModels
	})
}

// checkModelsFile prints check_models.py, a program that compares these classes with what the
// documents say of them:
//
//	_EXPECTED: list[Expected] = [
//	    Expected(models.User, {"id": "string", "age?": "integer | null"}, params=True),
//	    Expected(models.Role, ["admin", "member"]),
//	]
func (p *printer) checkModelsFile() []byte {
	f := p.newFile()
	f.use("sys", "")
	f.use(".", "models")
	f.use("._json.compare", "Expected")
	f.use("._json.compare", "report")
	var expected []expr
	for _, t := range p.ownModels() {
		head := t.Head()
		args := []expr{atom("models." + p.names.types[t]), p.expected(t)}
		if head.In {
			args = append(args, atom("params=True"))
		}
		if head.Out {
			args = append(args, atom("results=True"))
		}
		expected = append(expected, call("Expected", args...))
	}
	f.body.Raw("\n")
	f.writeData("_EXPECTED", subscript("list", atom("Expected")), listOf(expected...))
	f.body.Raw(checkModels)
	return f.bytes("Says what differs between the back end's models and the documents.")
}

const checkModels = `

def main() -> int:
    """Print all differences, and return 1 if there are any."""
    return report(_EXPECTED)


if __name__ == "__main__":
    sys.exit(main())
`

// expected is what the documents say of a class: its members, or its values.
func (p *printer) expected(t schema.Named) expr {
	if e, ok := t.(*schema.Enum); ok {
		values := make([]*text.Node, len(e.Values))
		for i, v := range e.Values {
			values[i] = v.Value
		}
		return valueList(values)
	}
	o := t.(*schema.Object)
	entries := make([]expr, len(o.Fields))
	for i, field := range o.Fields {
		name := field.Wire
		if o.In && !field.Required {
			name += "?"
		}
		entries[i] = entry(quote(name), atom(quote(p.shapeText(field.Type, nil))))
	}
	return dictOf(entries...)
}

// shapeText says what a type looks like, as the runtime does of classes: "integer | null".
func (p *printer) shapeText(t schema.Type, seen []schema.Named) string {
	parts := p.shapeTexts(t, seen)
	if slices.Contains(parts, "any") {
		return "any"
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " | ")
}

// shapeTexts lists the alternatives of a type. One that holds itself is any value inside itself.
func (p *printer) shapeTexts(t schema.Type, seen []schema.Named) []string {
	switch t := t.(type) {
	case *schema.Null:
		return []string{"null"}
	case *schema.Scalar:
		return []string{scalarShape(t)}
	case *schema.Nullable:
		return append(p.shapeTexts(t.Elem, seen), "null")
	case *schema.List:
		return []string{"[" + p.shapeText(t.Elem, seen) + "]"}
	case *schema.Map:
		return []string{"{" + p.shapeText(t.Value, seen) + "}"}
	case *schema.Tuple:
		items := make([]string, len(t.Items))
		for i, it := range t.Items {
			items[i] = p.shapeText(it.Type, seen)
		}
		return []string{"(" + strings.Join(items, ", ") + ")"}
	case *schema.Enum:
		if !t.Inline {
			return []string{p.documentName(t)}
		}
		var values []string
		for _, v := range t.Values {
			values = append(values, v.Value.JSON())
		}
		return values
	case *schema.Object:
		if t.Inline {
			return []string{"object"}
		}
		return []string{p.documentName(t)}
	case *schema.Alias:
		if t.Flags != nil {
			return []string{p.documentName(t)}
		}
	}
	named, ok := t.(schema.Named)
	if !ok || slices.Contains(seen, named) {
		return []string{"any"}
	}
	var parts []string
	for _, part := range schema.Parts(t) {
		parts = append(parts, p.shapeTexts(part, append(seen[:len(seen):len(seen)], named))...)
	}
	return parts
}

// documentName is the name of a class for the schemas that Pydantic makes.
func (p *printer) documentName(t schema.Named) string {
	if i := p.imports.Any(t); i != nil {
		return i.Name
	}
	return t.Head().DocName
}

// namedFormats are the formats that tell types apart; other ones are details of strings.
var namedFormats = []schema.Format{schema.DateTime, schema.Date, schema.Time, schema.Duration, schema.UUID, schema.Decimal}

func scalarShape(s *schema.Scalar) string {
	if s.Kind == schema.String && slices.Contains(namedFormats, s.Format) {
		return string(s.Format)
	}
	return s.Kind.String()
}
