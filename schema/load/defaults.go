package load

import (
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// doubtful is a member whose default may not fit its type.
type doubtful struct {
	field *schema.Field
	nodes []*text.Node // its schemas; none where the type is another one than they say
}

// noteDefault leaves a default to [lowerer.dropMisfits] unless it certainly fits:
// the type may contain types that are being lowered, and a union itself.
func (l *lowerer) noteDefault(f *schema.Field, k *keywords) {
	if f.Default == nil || f.Default.Kind == text.KindNull {
		return
	}
	switch schema.Core(f.Type).(type) {
	case *schema.Scalar, *schema.Enum:
		if l.defaultFits(f) {
			return
		}
	}
	l.doubtful = append(l.doubtful, doubtful{f, k.nodes()})
}

func (l *lowerer) defaultFits(f *schema.Field) bool {
	s, ok := schema.Core(f.Type).(*schema.Scalar)
	if _, loose := l.looseDecimals[s]; ok && loose && f.Default.Kind == text.KindNumber {
		return true
	}
	return schema.Fits(f.Type, f.Default)
}

// dropMisfits removes defaults that do not have the structure of their type, which
// no client could send or fill in, and says so as `wsgen validate` does.
func (l *lowerer) dropMisfits() {
	var noted text.Diagnostics // about schemas, which are not the subject here
	var checker *valueChecker
	for _, d := range l.doubtful {
		f := d.field
		if f.Default == nil || l.defaultFits(f) { // a tag may be in doubt twice
			continue
		}
		if checker == nil {
			checker = newValueChecker(l.docs.fork(&noted))
		}
		const code = "default-invalid"
		var problems text.Diagnostics
		for _, n := range d.nodes {
			found, _ := checker.problems(n, f.Default, code, "the default")
			problems = append(problems, found...)
		}
		if len(problems) == 0 {
			problems.Add(f.Default.Pos, code, "the default does not fit the type of the member", "").Severity = text.Warning
		}
		*l.diags = append(*l.diags, problems...)
		f.Default, f.Sent = nil, f.Required
	}
	l.doubtful = nil
}

// plainDefault writes the default of an integer without a fraction (3.0 is an
// integer in JSON Schema), and that of a decimal, which is text, as text.
func plainDefault(f *schema.Field) {
	if f.Default == nil || f.Default.Kind != text.KindNumber {
		return
	}
	s, ok := schema.Core(f.Type).(*schema.Scalar)
	switch {
	case !ok:
	case s.Kind == schema.Integer:
		f.Default.Text = text.CountOf(f.Default)
	case s.Format == schema.Decimal:
		f.Default.Kind = text.KindString
	}
}
