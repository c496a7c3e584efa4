package centrifugo

import (
	"regexp"
	"regexp/syntax"
	"slices"
)

// Samples of user ids and nonces, in the usual forms, to try a regex with.
var (
	sampleUsers = []string{
		"456", "7", "alice", "user_1", "a.b@example.com", "ADMIN-2", "0a1b2c3d4e5f607182939495",
		"7d444840-9dc0-11d1-b245-5ffdce74fad2", "01ARZ3NDEKTSV4RRFFQ69G5FAV",
		"auth0|64f1c0ffee64f1c0ffee64f1", "google-oauth2|104953", "a.b@c.example+tag", "jürgen",
	}
	sampleNonces = []string{"", "n", "tab-A_1", "V1StGXR8_Z5jdHi6B-myTg"}
)

// samples returns names that the channel may have.
func (c Channel) samples() []string {
	var names []string
	for _, user := range sampleUsers {
		for _, nonce := range sampleNonces {
			names = append(names, c.Fill(user, nonce, user))
		}
	}
	return names
}

// letsIn tells whether the regex of a namespace matches any of the names. That it matches
// no sample does not prove that it refuses all names of a channel: keepsOut does.
func (p place) letsIn(c Channel, names ...string) bool {
	expression := textOf(p.object, "channel_regex")
	if expression == "" {
		return true
	}
	re, err := regexp.Compile(expression)
	return err == nil && slices.ContainsFunc(names, func(name string) bool { return re.MatchString(c.inNamespace(name)) })
}

// keepsOut tells whether a regex certainly matches no name with the character in it: it
// matches whole names only, and no part of it matches the character.
func keepsOut(expression string, r rune) bool {
	tree, err := syntax.Parse(expression, syntax.Perl)
	return err == nil && anchored(tree, syntax.OpBeginText) && anchored(tree, syntax.OpEndText) && !takes(tree, r)
}

// anchored tells whether every match begins, or ends, where the name does.
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

// takes tells whether any part of a regex can match a character.
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
