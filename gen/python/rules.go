package python

import (
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// findRules finds the objects that are the params of methods, and what is demanded of them.
func (p *printer) findRules() {
	if !p.opt.Validate {
		return
	}
	checks := map[schema.Named]*schema.Check{}
	for _, v := range p.plan.Validators() {
		checks[v.Type] = v.Input
	}
	for _, m := range p.plan.Methods {
		o, ok := schema.Core(m.Params).(*schema.Object)
		if ok && !o.Out && p.imports.Declares(o) && checks[o] != nil && p.checked[o] == nil {
			p.checked[o] = checks[o]
			p.checkedTypes = append(p.checkedTypes, o)
		}
	}
}

// rulesFile prints _rules.py:
//
//	class Checked(CheckedModel):
//	    """Base of params that are checked before they are sent."""
//
//	    _rules: ClassVar[Rules] = Rules(_RULES)
func (p *printer) rulesFile() []byte {
	f := p.newFile()
	f.use("._json.rules", "CheckedModel")
	f.use("._json.rules", "Rules")
	rules := plan.NewRules(plan.PythonPattern)
	for _, o := range p.checkedTypes {
		rules.Reserve(p.names.types[o])
	}
	for _, o := range p.checkedTypes {
		rules.Add(p.names.types[o], p.checked[o])
	}
	root, diags := text.ParseJSON(&text.Source{Data: []byte(rules.JSON())})
	if diags.HasErrors() {
		panic("python: the rules are not JSON")
	}
	f.body.Raw("\n")
	f.writeData("_RULES", subscript("dict", atom("str"), subscript("dict", atom("str"), atom(f.typing("Any")))), literalOf(root))
	f.body.Raw("\n\n")
	f.body.Line("class Checked(CheckedModel):")
	f.body.Indent(func() {
		writeDoc(f.body, "Base of params that are checked.", "Base of params that are checked.")
		f.body.Blank()
		value := call("Rules", atom("_RULES"))
		writeAssignment(f.body, "_rules", subscript(f.typing("ClassVar"), atom("Rules")), &value)
	})
	return f.bytes("What the params of methods must be, beyond their types.")
}
