package rpc

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// score is how well a value fits a [Shape]. Scores are compared member by member, in this
// order.
type score struct {
	misfits   int // what the type takes although its schema does not: fewer are better
	constants int // members that have their only value
	members   int // declared members that are there
	details   int // known values, formats, and integers that are called so
}

// better tells whether s fits better than t.
func (s score) better(t score) bool {
	switch {
	case s.misfits != t.misfits:
		return s.misfits < t.misfits
	case s.constants != t.constants:
		return s.constants > t.constants
	case s.members != t.members:
		return s.members > t.members
	}
	return s.details > t.details
}

func (s score) plus(t score) score {
	return score{s.misfits + t.misfits, s.constants + t.constants, s.members + t.members, s.details + t.details}
}

// rated is what a rating is of.
type rated struct {
	part  int
	shape *Shape
}

// rating is what [outline.rate] returns.
type rating struct {
	score score
	fits  bool
}

// takes tells whether some values of a JSON type may fit.
func (s *Shape) takes(kind Kinds) bool {
	return s.AnyOf != nil || s.Types.has(kind) || kind == JSONNull && (s.Nullable || s.NaN)
}

// takesAll tells whether all values of a scalar JSON type that it takes fit.
func (s *Shape) takesAll(kind Kinds) bool {
	return kind&(JSONArray|JSONObject) == 0 && s.AnyOf == nil && !s.isEnum() && !s.Parsed
}

func (s *Shape) isEnum() bool { return s.Texts != nil || s.Values != nil }

// rate tells whether a shape takes the value at an index, and how well the value fits. What
// lists and objects are rated is kept: types that contain themselves ask again and again.
func (o *outline) rate(at int, s *Shape) (score, bool) {
	p := &o.parts[at]
	switch {
	case p.kind == JSONNull && (s.Nullable || s.Types.has(JSONNull)):
		return score{}, true
	case p.kind == JSONNull && s.NaN:
		return score{misfits: 1}, true
	case s.AnyOf == nil && !s.Types.has(p.kind):
		return score{}, false
	case p.after == at+1: // nothing is in it
		return o.rateAnew(at, s)
	}
	key := rated{at, s}
	if known, ok := o.ratings[key]; ok {
		return known.score, known.fits
	}
	sum, fits := o.rateAnew(at, s)
	if o.ratings == nil {
		o.ratings = map[rated]rating{}
	}
	o.ratings[key] = rating{sum, fits}
	return sum, fits
}

func (o *outline) rateAnew(at int, s *Shape) (score, bool) {
	kind := o.parts[at].kind
	switch {
	case s.AnyOf != nil:
		return o.rateAnyOf(at, s)
	case kind == JSONArray:
		return o.rateArray(at, s)
	case kind == JSONObject:
		return o.rateObject(at, s)
	case s.isEnum():
		return o.rateEnum(at, s)
	}
	return o.rateScalar(at, s)
}

func (o *outline) rateAnyOf(at int, s *Shape) (best score, fits bool) {
	for _, alternative := range s.AnyOf {
		if score, ok := o.rate(at, alternative); ok && (!fits || score.better(best)) {
			best, fits = score, true
		}
	}
	if !fits && s.Open && s.Types.has(o.parts[at].kind) {
		return score{misfits: 1}, true
	}
	return best, fits
}

func (o *outline) rateEnum(at int, s *Shape) (score, bool) {
	switch {
	case !o.isKnown(at, s):
		return score{misfits: 1}, s.Open
	case len(s.Texts)+len(s.Values) == 1:
		return score{constants: 1}, true
	}
	return score{details: 1}, true
}

func (o *outline) isKnown(at int, s *Shape) bool {
	if o.parts[at].kind == JSONString {
		text := o.text(at)
		return slices.ContainsFunc(s.Texts, func(known string) bool { return known == string(text) })
	}
	raw := o.raw(at)
	return slices.ContainsFunc(s.Values, func(known string) bool { return sameScalar(raw, []byte(known)) })
}

func (o *outline) rateScalar(at int, s *Shape) (sum score, fits bool) {
	kind := o.parts[at].kind
	switch {
	case kind == JSONInteger && !s.Types.has(JSONFraction):
		sum.details = 1
	case kind == JSONString && s.Format != nil:
		if s.Format.match(o.text(at)) {
			sum.details = 1
		} else if sum.misfits = 1; s.Parsed {
			return sum, false
		}
	}
	if o.exceeds(at, s) {
		sum.misfits++
	}
	return sum, true
}

// exceeds tells whether a scalar is outside of the limits of its type.
func (o *outline) exceeds(at int, s *Shape) bool {
	kind := o.parts[at].kind
	switch {
	case kind == JSONString && (s.Limits != nil || s.Pattern != nil):
		text := o.text(at)
		return s.outside(utf8.RuneCount(text)) || s.Pattern != nil && !s.Pattern.match(text)
	case JSONNumber.has(kind) && s.Limits != nil:
		l, n := s.Limits, string(o.raw(at))
		return l.Minimum != "" && compareNumbers(n, l.Minimum) < 0 ||
			l.Maximum != "" && compareNumbers(n, l.Maximum) > 0 ||
			l.ExclusiveMinimum != "" && compareNumbers(n, l.ExclusiveMinimum) <= 0 ||
			l.ExclusiveMaximum != "" && compareNumbers(n, l.ExclusiveMaximum) >= 0
	}
	return false
}

// outside tells whether a length is outside of the limits.
func (s *Shape) outside(length int) bool {
	if s.Limits == nil || s.Limits.MinLength == "" && s.Limits.MaxLength == "" {
		return false
	}
	n := strconv.Itoa(length)
	return s.Limits.MinLength != "" && compareNumbers(n, s.Limits.MinLength) < 0 ||
		s.Limits.MaxLength != "" && compareNumbers(n, s.Limits.MaxLength) > 0
}

func (o *outline) rateArray(at int, s *Shape) (sum score, fits bool) {
	n := 0
	for i := at + 1; i < o.parts[at].after; i = o.parts[i].after {
		shape := s.Items
		if n < len(s.PrefixItems) {
			shape = s.PrefixItems[n]
		}
		n++
		switch {
		case shape != nil:
			part, ok := o.rate(i, shape)
			if !ok {
				return score{}, false
			}
			sum = sum.plus(part)
		case s.More:
			sum.misfits++
		case s.Types == JSONArray: // else any value is taken
			return score{}, false
		}
	}
	if n < s.MinItems {
		return score{}, false
	}
	if s.outside(n) {
		sum.misfits++
	}
	return sum, true
}

func (o *outline) rateObject(at int, s *Shape) (sum score, fits bool) {
	if s.outside(o.parts[at].size) {
		sum.misfits++
	}
	declared := make(map[int]bool, len(s.Properties))
	for i := range s.Properties {
		p := &s.Properties[i]
		value, ok := o.member(at, p.Name)
		if !ok {
			if p.Required {
				return score{}, false
			}
			continue
		}
		part, ok := o.rate(value, p.Shape)
		if !ok {
			return score{}, false
		}
		sum = sum.plus(part)
		sum.members++
		declared[value] = true
	}
	if len(declared) == o.parts[at].size || s.Additional == nil && !s.Closed {
		return sum, true
	}
	others, ok := o.rateOthers(at, s, declared)
	return sum.plus(others), ok
}

// rateOthers rates the members of an object that are not declared.
func (o *outline) rateOthers(at int, s *Shape, declared map[int]bool) (sum score, fits bool) {
	for i := at + 1; i < o.parts[at].after; i = o.parts[i].after {
		last, _ := o.member(at, string(o.parts[i].key))
		switch {
		case declared[last] || last != i:
		case s.Additional != nil:
			part, ok := o.rate(i, s.Additional)
			if !ok {
				return score{}, false
			}
			sum = sum.plus(part)
		case !s.Open:
			return score{}, false
		default:
			sum.misfits++
		}
	}
	return sum, true
}
