package plan_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"testing"

	"github.com/wsgen/wsgen/fixtures/unions"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

var (
	randomCases = flag.Int("cases", 150, "how many random unions are tried")
	firstCase   = flag.Uint64("first", 1, "the first random union")
)

// A value that a schema allows belongs to a variant that allows it, and a variant
// fits without a misfit exactly where its schema allows the value. To try more:
//
//	go test ./gen/plan -run RandomUnions -cases 10000 -first 1000
func TestRandomUnions(t *testing.T) {
	valid := 0
	for seed := *firstCase; seed < *firstCase+uint64(*randomCases); seed++ {
		c := unions.Random(seed)
		for _, d := range unions.Directions {
			valid += checkRandom(t, c, d)
		}
		if t.Failed() {
			t.Fatal(c)
		}
	}
	t.Logf("%d valid values", valid)
	if valid < 10**randomCases {
		t.Error("too few values are valid to show anything")
	}
}

func checkRandom(t *testing.T, c *unions.Case, d unions.Direction) (valid int) {
	t.Helper()
	p, typ, err := unions.Load(c.Schema(d), d)
	if err != nil {
		t.Errorf("%s: %v", d, err)
		return 0
	}
	whole, err := unions.NewValidator(c.Schema(d))
	if err != nil {
		t.Fatal(err)
	}
	u, ok := schema.Resolve(typ).(*schema.Union)
	if !ok {
		return 0 // alternatives that are one, or anything
	}
	union := p.Union(u)
	variants, held := newVariantSchemas(t, union, false), newVariantSchemas(t, union, true)
	for _, v := range c.Values {
		if v.JSON.Kind == text.KindNull {
			continue
		}
		chosen := union.Choose(v.JSON)
		if whole.Check("", v.JSON) == nil {
			valid++
			switch {
			case chosen == nil:
				t.Errorf("%s: %s is unknown, though it is valid", d, v.JSON.JSON())
			case !variants.allow(chosen, v.JSON) && held.anyAllows(v.JSON):
				t.Errorf("%s: %s is taken for %s, which does not allow it", d, v.JSON.JSON(), chosen.Name)
			case unknownInside(p, chosen.Type, v.JSON):
				t.Errorf("%s: a part of %s is unknown, though it is valid", d, v.JSON.JSON())
			}
		}
		for i := range union.Variants {
			if one := &union.Variants[i]; one.Shape != nil {
				score, fits := one.Shape.Rate(v.JSON)
				if allowed := held.allow(one, v.JSON); allowed != (fits && score.Misfits == 0) {
					t.Errorf("%s: %s allows %s: %v, but its rate is %+v, %v", d, one.Name, v.JSON.JSON(), allowed, score, fits)
				}
			}
		}
	}
	return valid
}

// unknownInside tells whether a union that a value is made of chooses no variant.
func unknownInside(p *plan.Plan, t schema.Type, v *text.Node) bool {
	switch t := t.(type) {
	case *schema.Nullable:
		return v.Kind != text.KindNull && unknownInside(p, t.Elem, v)
	case *schema.Alias:
		return unknownInside(p, t.Target, v)
	case *schema.Union:
		u := p.Union(t)
		chosen := u.Choose(v)
		return !(u.Null && v.Kind == text.KindNull) && (chosen == nil || unknownInside(p, chosen.Type, v))
	case *schema.Object:
		for _, m := range v.Members {
			part := t.Extra
			for _, f := range t.Fields {
				if f.Wire == m.Key {
					part = f.Type
				}
			}
			if part != nil && unknownInside(p, part, m.Value) {
				return true
			}
		}
	case *schema.Map:
		return slices.ContainsFunc(v.Members, func(m text.Member) bool { return unknownInside(p, t.Value, m.Value) })
	case *schema.List:
		return slices.ContainsFunc(v.Items, func(item *text.Node) bool { return unknownInside(p, t.Elem, item) })
	case *schema.Tuple:
		for i, item := range v.Items {
			if i < len(t.Items) && unknownInside(p, t.Items[i].Type, item) {
				return true
			}
		}
	}
	return false
}

// variantSchemas are JSON Schemas of the variants of a union, made of their types: a
// second opinion on what a variant allows.
type variantSchemas struct {
	*unions.Validator
	places map[string]string // pointers to the schemas, by the variants' names
}

// newVariantSchemas writes the schemas. With limited ones an integer has 64 bits, as
// it has in some languages.
func newVariantSchemas(t *testing.T, u *plan.Union, limited bool) *variantSchemas {
	t.Helper()
	w := &schemaWriter{defs: map[string]any{}, limited: limited}
	all := map[string]any{}
	v := &variantSchemas{places: map[string]string{}}
	for i := range u.Variants {
		key := "variant" + strconv.Itoa(i)
		all[key] = w.schema(u.Variants[i].Type)
		v.places[u.Variants[i].Name] = "/$defs/" + key
	}
	for name, s := range w.defs {
		all[name] = s
	}
	node, diags := text.ParseJSON(&text.Source{Name: "variants.json", Data: marshal(t, map[string]any{"$defs": all})})
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	var err error
	if v.Validator, err = unions.NewValidator(node); err != nil {
		t.Fatal(err)
	}
	return v
}

func (v *variantSchemas) allow(one *plan.Variant, value *text.Node) bool {
	return v.Check(v.places[one.Name], value) == nil
}

func (v *variantSchemas) anyAllows(value *text.Node) bool {
	for _, at := range v.places {
		if v.Check(at, value) == nil {
			return true
		}
	}
	return false
}

// schemaWriter writes types as JSON Schema.
type schemaWriter struct {
	defs    map[string]any
	limited bool // integers have 64 bits
}

type object = map[string]any

func (w *schemaWriter) schema(t schema.Type) any {
	switch t := t.(type) {
	case *schema.Null:
		return object{"type": "null"}
	case *schema.Any:
		return true
	case *schema.Scalar:
		return w.scalar(t)
	case *schema.Nullable:
		return object{"anyOf": []any{w.schema(t.Elem), object{"type": "null"}}}
	case *schema.List:
		return limit(object{"type": "array", "items": w.schema(t.Elem)}, t.Limits, "minItems", "maxItems")
	case *schema.Map:
		return limit(object{"type": "object", "additionalProperties": w.schema(t.Value), "propertyNames": w.schema(t.Key)},
			t.Limits, "minProperties", "maxProperties")
	case schema.Named:
		name := t.Head().Name
		if _, known := w.defs[name]; !known {
			w.defs[name] = nil
			w.defs[name] = w.named(t)
		}
		return object{"$ref": "#/$defs/" + name}
	}
	panic(fmt.Sprintf("unexpected type %T", t))
}

func (w *schemaWriter) named(t schema.Named) any {
	switch t := t.(type) {
	case *schema.Alias:
		return w.schema(t.Target)
	case *schema.Enum:
		values := make([]any, len(t.Values))
		for i, v := range t.Values {
			values[i] = v.Value.Plain()
		}
		return object{"enum": values}
	case *schema.Union:
		var branches []any
		for _, v := range t.Variants {
			branches = append(branches, w.schema(v.Type))
		}
		return object{"anyOf": branches}
	case *schema.Tuple:
		items := make([]any, len(t.Items))
		for i, it := range t.Items {
			items[i] = w.schema(it.Type)
		}
		s := object{"type": "array", "prefixItems": items, "minItems": t.Min, "items": false}
		if t.Rest != nil {
			s["items"] = w.schema(t.Rest)
		}
		return s
	case *schema.Object:
		return w.object(t)
	}
	panic(fmt.Sprintf("unexpected type %T", t))
}

func (w *schemaWriter) object(o *schema.Object) any {
	properties, required := object{}, []string{}
	for _, f := range o.Fields {
		properties[f.Wire] = w.schema(f.Type)
		if f.Required {
			required = append(required, f.Wire)
		}
	}
	s := object{"type": "object", "properties": properties, "required": required, "additionalProperties": !o.Closed}
	if o.Extra != nil {
		s["additionalProperties"] = w.schema(o.Extra)
	}
	return s
}

func (w *schemaWriter) scalar(t *schema.Scalar) any {
	s := object{"type": t.Kind.String()}
	if f := plan.Telling(t); f != schema.FormatNone {
		s["pattern"] = "^(?:" + plan.FormatPattern(f) + ")$"
	}
	if t.Kind != schema.String {
		if t.Kind == schema.Integer && w.limited && !t.Wide() {
			s["allOf"] = []any{object{"minimum": number("-9223372036854775808"), "maximum": number("9223372036854775807")}}
		}
		return bounded(s, t.Limits)
	}
	if t.Limits != nil && t.Limits.Pattern != "" {
		s["pattern"] = t.Limits.Pattern
	}
	return limit(s, t.Limits, "minLength", "maxLength")
}

func bounded(s object, l *schema.Limits) any {
	if l != nil {
		for key, value := range map[string]string{"minimum": l.Minimum, "maximum": l.Maximum, "exclusiveMinimum": l.ExclusiveMinimum, "exclusiveMaximum": l.ExclusiveMaximum} {
			if value != "" {
				s[key] = number(value)
			}
		}
	}
	return s
}

func limit(s object, l *schema.Limits, fewest, most string) any {
	if l != nil && l.MinLength != "" {
		s[fewest] = number(l.MinLength)
	}
	if l != nil && l.MaxLength != "" {
		s[most] = number(l.MaxLength)
	}
	return s
}

type number = json.Number

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
