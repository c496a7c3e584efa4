package load

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
)

// This file finds schemas that allow no value: false, an enum without values, and what is
// merged of schemas that have no value in common. A member that can hold nothing must be
// absent, a list of such items is empty, and such an alternative is none.

// conflict is why schemas that were merged have no value in common.
type conflict struct {
	at            text.Pos
	message, hint string
}

// neverDepth bounds how deep members are looked into: schemas that are merged can be
// recursive.
const neverDepth = 4

// never tells whether k allows no value, as far as its types and constants say so.
func (l *lowerer) never(k *keywords) bool {
	switch {
	case k == nil || k.kind != objectSchema:
		return k != nil && k.kind == falseSchema
	case k.ref == nil && k.allOf == nil && !k.hasAlternatives() && k.enum == nil && k.conflict == nil && k.get(requiredMembers) == nil:
		return false // most schemas
	}
	f := k.facts()
	if f.never == notAsked && l.doubting < neverDepth {
		f.never = no // in a cycle
		l.doubting++
		found := l.findNever(l.flatten(l.target(k)))
		l.doubting--
		f.never = answerOf(found)
	}
	return f.never == yes
}

func (l *lowerer) findNever(flat *keywords) bool {
	return l.neverItself(flat) || l.neverForMember(flat)
}

// neverItself tells whether the flat schema k allows no value, whatever its members are. One
// that allows none because of a member is declared, so that the problem is about that member.
func (l *lowerer) neverItself(k *keywords) bool {
	switch {
	case k.kind == falseSchema || k.conflict != nil:
		return true
	case isTrue(k.get(nullable)):
		return false
	case k.listsValues():
		return len(k.possibleValues()) == 0
	case k.ref != nil && !l.refNarrowed(k):
		return false // leads nowhere: reported
	}
	branches := k.branches()
	return len(branches) > 0 && !slices.ContainsFunc(branches, func(b *keywords) bool { return !l.never(b) })
}

// neverForMember tells whether the flat schema k is an object that must have a member
// which allows no value.
func (l *lowerer) neverForMember(k *keywords) bool {
	if isTrue(k.get(nullable)) || k.listsValues() || k.properties == nil || !k.onlyType("object") {
		return false
	}
	required := k.requiredNames()
	return slices.ContainsFunc(k.properties.members, func(m member) bool { return required[m.key] && l.never(m.schema) })
}

// possibleValues are the values of enum and const that k allows: those of its types.
func (k *keywords) possibleValues() []*text.Node {
	values := k.listedValues()
	if only := k.get(constant); only != nil && k.enum != nil {
		has := func(v *text.Node) bool { return v.JSON() == only.JSON() }
		if !slices.ContainsFunc(k.enum.values, has) {
			return nil
		}
		values = []*text.Node{only}
	}
	if k.written.form == noType {
		return values
	}
	return slices.DeleteFunc(slices.Clone(values), func(v *text.Node) bool {
		return !slices.ContainsFunc(k.written.names, func(t string) bool { return isOfType(v, t) })
	})
}

// isOfType tells whether a value has a JSON type.
func isOfType(v *text.Node, name string) bool {
	if name == "integer" {
		return text.CountOf(v) != ""
	}
	return v.Kind.String() == name
}

// possible leaves out alternatives that no value is of, unless none is left.
func (l *lowerer) possible(branches []*keywords) []*keywords {
	if !slices.ContainsFunc(branches, l.never) {
		return branches
	}
	left := slices.DeleteFunc(slices.Clone(branches), l.never)
	if len(left) == 0 {
		return branches
	}
	return left
}

// noteNever says that a schema which allows no value becomes Any.
func (l *lowerer) noteNever(k *keywords) {
	if !l.noteConflict(k) && !l.noted[k.pos] {
		l.noted[k.pos] = true
		l.diags.Add(k.pos, "never", "this schema allows no value", "remove it, or describe what is there").Severity = text.Warning
	}
}

// noteConflict says, once, why the parts of an allOf have no value in common; false where
// they do. Where the document writes them together somebody meant something else, so that
// it is an error; members that only meet in inheritance must be absent.
func (l *lowerer) noteConflict(k *keywords) bool {
	c := l.flatten(l.target(k)).conflict
	if c != nil && !l.noted[c.at] {
		l.noted[c.at] = true
		d := l.diags.Add(c.at, "allof-unsupported", c.message, c.hint)
		if k.combined {
			d.Severity = text.Warning
		}
	}
	return c != nil
}
