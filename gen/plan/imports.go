package plan

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Importing says what a language can import.
type Importing struct {
	Language string // for messages
	Rules    []schema.ImportRule
	Can      func(schema.Named) bool // tells whether code of another generator has such a type

	// Forms says that a type may be imported for results and declared for params, or the other
	// way round.
	Forms bool
	// FillsTags says that the variants of a union whose tag tells them apart have to be declared
	// with it: those of other packages do not fill it in.
	FillsTags bool
	// Loses says that imported types do not keep all values: what has a [schema.Loss] is declared.
	Loses bool
}

// Import is where a type is declared, if not in the generated package.
type Import struct {
	Rule *schema.ImportRule
	Name string // that the type has there in the documents; identifiers are made of it
}

// Imports are the types that a package does not declare.
type Imports struct {
	Imported []schema.Named // in one of their forms at least, in the model's order
	Declared []schema.Named // in one of their forms at least: those that the API itself mentions

	in, out  map[schema.Named]*Import
	declared map[schema.Named]bool
	lossy    map[schema.Named]bool // what would be imported, but for a value that would be lost
}

// Of returns where a type is declared, as params or as results have it; nil for the
// generated package.
func (im *Imports) Of(t schema.Named, input bool) *Import {
	if input {
		return im.in[t]
	}
	return im.out[t]
}

// Declares tells whether the package declares a type in one of its forms.
func (im *Imports) Declares(t schema.Named) bool {
	return len(im.in)+len(im.out) == 0 || im.declared[t]
}

// Needs is what a README says of the packages that types are imported from; "" if there are none.
func (im *Imports) Needs() string {
	var from []string
	for _, t := range im.Imported {
		if module := "`" + im.Any(t).Rule.From + "`"; !slices.Contains(from, module) {
			from = append(from, module)
		}
	}
	switch len(from) {
	case 0:
		return ""
	case 1:
		return "Some types are those of " + from[0] + ", which has to be there as well. "
	}
	return "Some types are those of " + strings.Join(from, " and ") + ", which have to be there as well. "
}

// Any returns where a type is declared: the one of results, if there are two.
func (im *Imports) Any(t schema.Named) *Import {
	if found := im.out[t]; found != nil {
		return found
	}
	return im.in[t]
}

// whole tells whether a type is imported in all directions in which it is used.
func (im *Imports) whole(t schema.Named) bool {
	head := t.Head()
	return (!head.In || im.in[t] != nil) && (!head.Out || im.out[t] != nil)
}

// Imports decides which types a package imports: those that a rule is about, and what these
// are made of, as far as other code has them.
func (p *Plan) Imports(with Importing, diags *text.Diagnostics) *Imports {
	im := &Imports{in: map[schema.Named]*Import{}, out: map[schema.Named]*Import{}, declared: map[schema.Named]bool{}, lossy: map[schema.Named]bool{}}
	if len(with.Rules) == 0 {
		im.Declared = p.Types
		return im
	}
	for _, t := range p.Types {
		for i := range with.Rules {
			if rule := &with.Rules[i]; with.asksFor(rule, t) {
				im.add(t, rule, &with, diags)
				break
			}
		}
	}
	if with.FillsTags {
		im.keepVariants(p, &with, diags)
	}
	reached := im.reached(p)
	for _, t := range p.Types {
		if im.in[t] != nil || im.out[t] != nil {
			im.Imported = append(im.Imported, t)
		}
		if reached[t] && !im.whole(t) {
			im.Declared = append(im.Declared, t)
			im.declared[t] = true
		}
	}
	return im
}

// asksFor tells whether a rule is about a type, by one of its names.
func (with *Importing) asksFor(rule *schema.ImportRule, t schema.Named) bool {
	head := t.Head()
	names := []string{head.Name, head.DocName}
	for _, twin := range head.Twins {
		names = append(names, twin.Key)
	}
	return rule.Matches(names...)
}

// add imports a type and what it is made of.
func (im *Imports) add(t schema.Named, rule *schema.ImportRule, with *Importing, diags *text.Diagnostics) {
	if im.in[t] != nil || im.out[t] != nil || !with.Can(t) {
		return
	}
	in, out := sources(rule, t)
	if in == nil && out == nil {
		return
	}
	head := t.Head()
	if !with.Forms && (head.In && in == nil || head.Out && out == nil) {
		return
	}
	if with.Loses && im.isLossy(t, rule, with, diags) {
		return
	}
	if head.In && in != nil {
		im.in[t] = in
	}
	if head.Out && out != nil {
		im.out[t] = out
	}
	for _, part := range schema.Parts(t) {
		schema.Walk(part, func(inner schema.Type) bool {
			n, named := inner.(schema.Named)
			if named {
				im.add(n, rule, with, diags)
			}
			return !named || im.in[n] == nil && im.out[n] == nil
		})
	}
}

// isLossy tells whether an imported type would lose a value, and says so once.
func (im *Imports) isLossy(t schema.Named, rule *schema.ImportRule, with *Importing, diags *text.Diagnostics) bool {
	if im.lossy[t] {
		return true
	}
	for _, twin := range t.Head().Twins {
		if fromOther(rule, twin) || twin.Loss.Kind == schema.NoLoss {
			continue
		}
		im.lossy[t] = true
		words := lossWords[twin.Loss.Kind]
		*diags = append(*diags, text.Diagnostic{
			Pos: t.Head().Pos, Severity: text.Info, Code: "import-lossy",
			Message: fmt.Sprintf("%s declares %s, since the type of %s %s in it", with.Language, t.Head().Name, rule.Generator, words.what),
			Hint:    words.hint,
			Notes:   []text.Note{{Pos: twin.Loss.Pos, Message: words.note}},
		})
		return true
	}
	return false
}

var lossWords = map[schema.LossKind]struct{ what, note, hint string }{
	schema.LostUnion:     {"loses a union", "this union has no name, and may be null", "give the union a name of its own: a type statement, or TypeAliasType"},
	schema.RoundedNumber: {"rounds a number", "this number becomes a float32", `give the number the format double: Field(json_schema_extra={"format": "double"})`},
	schema.MisreadBytes:  {"misreads bytes", "these bytes are taken for base64", ""},
}

// sources returns where a rule says that a type is declared: as params and as results have it.
func sources(rule *schema.ImportRule, t schema.Named) (in, out *Import) {
	head := t.Head()
	if rule.Generator == OwnModels {
		name := head.DocName
		if chosen, ok := rule.Names[name]; ok {
			name = chosen.Text
		} else if head.Inline || head.Generic { // which has no name in its module
			return nil, nil
		}
		own := &Import{rule, name}
		return own, own
	}
	for _, twin := range head.Twins {
		switch {
		case fromOther(rule, twin):
		case twin.Input && in == nil:
			in = &Import{rule, twin.Key}
		case !twin.Input && out == nil:
			out = &Import{rule, twin.Key}
		}
	}
	return in, out
}

// fromOther tells whether a twin is in another document than the one of a rule.
func fromOther(rule *schema.ImportRule, twin schema.Twin) bool {
	return rule.Document != "" && path.Clean(rule.Document) != twin.Document
}

// OwnModels is the generator of a rule about the models that the documents were exported from.
const OwnModels = "models"

// Versions tells whether a type is one thing in params and another one in results.
func (im *Imports) Versions(t schema.Named) bool {
	return im.in[t] != nil && im.out[t] != nil && *im.in[t] != *im.out[t]
}

// keepVariants declares what unions with a tag that are declared are made of.
func (im *Imports) keepVariants(p *Plan, with *Importing, diags *text.Diagnostics) {
	for changed := true; changed; {
		changed = false
		reached := im.reached(p)
		for _, t := range p.Types {
			u, ok := t.(*schema.Union)
			if !ok || im.whole(u) || !reached[u] || p.Union(u).Tag == "" {
				continue
			}
			for _, v := range p.Union(u).Variants {
				n, named := v.Type.(schema.Named)
				if !named || im.Any(n) == nil {
					continue
				}
				changed = true
				delete(im.in, n)
				delete(im.out, n)
				*diags = append(*diags, text.Diagnostic{
					Pos: n.Head().Pos, Severity: text.Info, Code: "import-variant",
					Message: fmt.Sprintf("%s declares %s, since it is a variant of %s", with.Language, n.Head().Name, Label(u)),
				})
			}
		}
	}
}

// reached returns the types that the API mentions without those that are only parts of
// imported ones.
func (im *Imports) reached(p *Plan) map[schema.Named]bool {
	reached := map[schema.Named]bool{}
	visit := func(roots ...schema.Type) {
		for _, root := range roots {
			if root == nil {
				continue
			}
			schema.Walk(root, func(t schema.Type) bool {
				n, named := t.(schema.Named)
				if !named {
					return true
				}
				known := reached[n]
				reached[n] = true
				return !known && !im.whole(n)
			})
		}
	}
	for _, m := range p.Methods {
		visit(m.Params, m.Result)
	}
	for _, e := range p.Events {
		visit(e.Payload)
	}
	for _, e := range p.Errors {
		visit(e.Data)
	}
	return reached
}
