package rpc

import (
	"slices"
	"strconv"
	"unicode/utf8"
)

// score is how well a value fits a [Shape]. Scores are compared member by member, in this
// order.
type score struct {
	misfits   int32 // what the type takes although its schema does not: fewer are better
	constants int32 // members that have their only value
	members   int32 // declared members that are there
	details   int32 // known values, formats, and integers that are called so
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

// rating is what [outline.rate] returns for a part and a shape. The ratings of a part are a
// list: next is the place of the last one before this in [outline.ratings], and 0 for none.
type rating struct {
	shape *Shape
	score score
	next  int32
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
	for i := p.rating; i > 0; i = o.ratings[i].next {
		if known := &o.ratings[i]; known.shape == s {
			return known.score, known.fits
		}
	}
	sum, fits := o.rateAnew(at, s)
	o.ratings = append(o.ratings, rating{s, sum, p.rating, fits})
	p.rating = int32(len(o.ratings) - 1)
	return sum, fits
}

func (o *outline) rateAnew(at int, s *Shape) (score, bool) {
	switch kind := o.parts[at].kind; {
	case kind == JSONString:
		return s.rateText(o.text(at))
	case s.AnyOf != nil:
		return s.rateAnyOf(kind, func(alternative *Shape) (score, bool) { return o.rate(at, alternative) })
	case kind == JSONArray:
		return o.rateArray(at, s)
	case kind == JSONObject:
		return o.rateObject(at, s)
	case s.isEnum():
		raw := o.raw(at)
		return s.rateEnum(slices.ContainsFunc(s.Values, func(known string) bool { return sameScalar(raw, []byte(known)) }))
	case JSONNumber.has(kind):
		return s.rateNumber(kind, o.raw(at))
	}
	return score{}, true
}

func (s *Shape) rateAnyOf(kind Kinds, rate func(*Shape) (score, bool)) (best score, fits bool) {
	for _, alternative := range s.AnyOf {
		if score, ok := rate(alternative); ok && (!fits || score.better(best)) {
			best, fits = score, true
		}
	}
	if !fits && s.Open && s.Types.has(kind) {
		return score{misfits: 1}, true
	}
	return best, fits
}

// rateEnum rates a value that is a known one or not.
func (s *Shape) rateEnum(known bool) (score, bool) {
	switch {
	case !known:
		return score{misfits: 1}, s.Open
	case len(s.Texts)+len(s.Values) == 1:
		return score{constants: 1}, true
	}
	return score{details: 1}, true
}

// rateText rates a string, which may be the name of a member.
func (s *Shape) rateText(text []byte) (sum score, fits bool) {
	switch {
	case s.AnyOf != nil:
		return s.rateAnyOf(JSONString, func(alternative *Shape) (score, bool) { return alternative.rateText(text) })
	case !s.Types.has(JSONString):
		return score{}, false
	case s.isEnum():
		return s.rateEnum(slices.ContainsFunc(s.Texts, func(known string) bool { return known == string(text) }))
	case s.Format != nil && s.Format.match(text):
		sum.details = 1
	case s.Format != nil:
		if sum.misfits = 1; s.Parsed {
			return sum, false
		}
	}
	if s.Limits != nil && s.outside(utf8.RuneCount(text)) || s.Pattern != nil && !s.Pattern.match(text) {
		sum.misfits++
	}
	return sum, true
}

func (s *Shape) rateNumber(kind Kinds, number []byte) (sum score, fits bool) {
	if kind == JSONInteger && !s.Types.has(JSONFraction) {
		if _, exact := exactInt64(number); exact || s.Wide {
			sum.details = 1
		} else {
			sum.misfits = 1
		}
	}
	if s.exceeds(string(number)) {
		sum.misfits++
	}
	return sum, true
}

// exceeds tells whether a number is outside of the limits of its type.
func (s *Shape) exceeds(number string) bool {
	l := s.Limits
	return l != nil && (l.Minimum != "" && compareNumbers(number, l.Minimum) < 0 ||
		l.Maximum != "" && compareNumbers(number, l.Maximum) > 0 ||
		l.ExclusiveMinimum != "" && compareNumbers(number, l.ExclusiveMinimum) <= 0 ||
		l.ExclusiveMaximum != "" && compareNumbers(number, l.ExclusiveMaximum) >= 0)
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
	if len(declared) == o.parts[at].size || s.PropertyNames == nil && s.Additional == nil && !s.Closed {
		return sum, true
	}
	others, ok := o.rateOthers(at, s, declared)
	return sum.plus(others), ok
}

// rateOthers rates the members of an object that are not declared.
func (o *outline) rateOthers(at int, s *Shape, declared map[int]bool) (sum score, fits bool) {
	for i := at + 1; i < o.parts[at].after; i = o.parts[i].after {
		key := o.parts[i].key
		if last, _ := o.member(at, string(key)); declared[last] || last != i {
			continue
		}
		part, ok := o.rateUndeclared(i, key, s)
		if !ok {
			return score{}, false
		}
		sum = sum.plus(part)
	}
	return sum, true
}

func (o *outline) rateUndeclared(at int, key []byte, s *Shape) (sum score, fits bool) {
	if s.Closed {
		return score{misfits: 1}, s.Open
	}
	fits = true
	if s.PropertyNames != nil {
		sum, fits = s.PropertyNames.rateText(key)
	}
	if s.Additional != nil && fits {
		part, ok := o.rate(at, s.Additional)
		sum, fits = sum.plus(part), ok
	}
	return sum, fits
}
