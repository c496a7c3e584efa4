package centrifugo

import (
	"regexp"
	"regexp/syntax"
	"slices"
)

// Users and nonces to try a regex with: the usual ways to write an id.
var (
	sampleUsers = []string{
		"456", "7", "alice", "user_1", "a.b@example.com", "ADMIN-2", "0a1b2c3d4e5f607182939495",
		"7d444840-9dc0-11d1-b245-5ffdce74fad2", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
	}
	sampleNonces = []string{"", "n", "tab-A_1", "V1StGXR8_Z5jdHi6B-myTg"}
)

// samples are names that the channel may have.
func (c Channel) samples() []string {
	var names []string
	for _, user := range sampleUsers {
		for _, nonce := range sampleNonces {
			names = append(names, c.Fill(user, nonce, user))
		}
	}
	return names
}

// letsIn tells whether the regex of a namespace lets any of the names in. Samples
// do not prove that it refuses a channel: keepsOut does.
func (p place) letsIn(c Channel, names ...string) bool {
	expression := textOf(p.object, "channel_regex")
	if expression == "" {
		return true
	}
	re, err := regexp.Compile(expression)
	return err == nil && slices.ContainsFunc(names, func(name string) bool { return re.MatchString(c.inNamespace(name)) })
}

// keepsOut proves that a regex lets no name in that has the character: it matches
// whole names, and no part of it matches the character. Samples could not prove it.
func keepsOut(expression string, r rune) bool {
	tree, err := syntax.Parse(expression, syntax.Perl)
	return err == nil && anchored(tree, syntax.OpBeginText) && anchored(tree, syntax.OpEndText) && !takes(tree, r)
}

// anchored tells whether every match is at one end of the name.
func anchored(re *syntax.Regexp, anchor syntax.Op) bool {
	other := func(sub *syntax.Regexp) bool { return !anchored(sub, anchor) }
	switch re.Op {
	case syntax.OpCapture:
		return anchored(re.Sub[0], anchor)
	case syntax.OpAlternate:
		return !slices.ContainsFunc(re.Sub, other)
	case syntax.OpConcat:
		if anchor == syntax.OpEndText {
			return anchored(re.Sub[len(re.Sub)-1], anchor)
		}
		return anchored(re.Sub[0], anchor)
	}
	return re.Op == anchor
}

// takes tells whether a part of a regex matches a character.
func takes(re *syntax.Regexp, r rune) bool {
	switch re.Op {
	case syntax.OpLiteral:
		return slices.Contains(re.Rune, r)
	case syntax.OpCharClass: // pairs of first and last
		for i := 0; i+1 < len(re.Rune); i += 2 {
			if re.Rune[i] <= r && r <= re.Rune[i+1] {
				return true
			}
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return true
	}
	return slices.ContainsFunc(re.Sub, func(sub *syntax.Regexp) bool { return takes(sub, r) })
}
