package breaking

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

func (c *comparer) objects(b, a *schema.Object, d direction) {
	match(b.Fields, a.Fields, func(f *schema.Field) string { return f.Wire },
		func(old, f *schema.Field) { c.part("."+f.Wire, func() { c.member(old, f, d) }) },
		func(old *schema.Field) { c.part("."+old.Wire, func() { c.memberRemoved(old, a, d) }) },
		func(f *schema.Field) { c.part("."+f.Wire, func() { c.memberAdded(f, b, d) }) })
	if d == toServer && !b.Closed && a.Closed {
		c.add(paramsClosed, b.Pos, a.Pos, "members that are not declared are refused")
	}
	c.part("[]", func() { c.others(b, a, d) })
}

// others compares what members may hold that are not declared.
func (c *comparer) others(b, a *schema.Object, d direction) {
	p := place{b.Pos, a.Pos}
	switch {
	case b.Extra != nil && a.Extra != nil:
		c.compare(b.Extra, a.Extra, d, p)
	case d == toServer && a.Extra != nil && !b.Closed && !isAny(a.Extra):
		c.note(typeChanged.params, p, "other members are %s, and old clients may send anything", schema.Describe(a.Extra))
	case a.Extra != nil && !isAny(a.Extra), b.Extra != nil && !isAny(b.Extra):
		c.note(typeInCode, p, "the type of other members is another one")
	}
}

func isAny(t schema.Type) bool {
	_, any := schema.Resolve(t).(*schema.Any)
	return any
}

func (c *comparer) member(b, a *schema.Field, d direction) {
	p := place{b.Pos, a.Pos}
	if !slices.Equal(b.Name, a.Name) {
		c.note(memberRenamed, p, "code has another name for the member")
	}
	if b.Deprecated == nil && a.Deprecated != nil {
		c.note(memberDeprecated, p, "the member is deprecated")
	}
	if d == toServer {
		c.memberOfParams(b, a, p)
	} else {
		c.memberOfResults(b, a, p)
	}
	c.compare(b.Type, a.Type, d, p)
}

func (c *comparer) memberOfParams(b, a *schema.Field, p place) {
	switch {
	case !b.Required && a.Required:
		c.note(paramsMemberRequired, p, "the member is required, and old clients may leave it out")
	case b.Required && !a.Required:
		c.note(memberOptional, p, "the member is optional, so that its type in Go is a pointer")
	case !a.Required && !sameDefault(b.Default, a.Default):
		c.note(paramsDefault, p, "without the member the server takes %s, and old clients mean %s", defaultText(a.Default), defaultText(b.Default))
	}
}

func (c *comparer) memberOfResults(b, a *schema.Field, p place) {
	switch {
	case b.Sent && !a.Sent && b.Default == nil:
		c.note(resultsMemberOptional, p, "the member may be absent, and old clients require it")
	case !b.Sent && a.Sent:
		c.note(memberAlwaysSent, p, "the member is always sent, so that its type changes in TypeScript and Go")
	case !a.Sent && !sameDefault(b.Default, a.Default):
		c.note(resultsDefault, p, "an absent member means %s, and old clients read it as %s", defaultText(a.Default), defaultText(b.Default))
	}
}

func (c *comparer) memberRemoved(old *schema.Field, a *schema.Object, d direction) {
	switch {
	case d == toServer && a.Closed:
		c.add(paramsMemberRemoved, old.Pos, a.Pos, "the member is refused, and old clients send it")
	case d == toServer:
		c.add(paramsMemberRemoved, old.Pos, a.Pos, "the member is ignored, and old clients send it")
	case old.Sent:
		c.add(resultsMemberRemoved, old.Pos, a.Pos, "the member is not sent, and old clients require it")
	default:
		c.add(memberGone, old.Pos, a.Pos, "the member is gone")
	}
}

func (c *comparer) memberAdded(f *schema.Field, b *schema.Object, d direction) {
	switch {
	case d == toClient:
		c.add(resultMemberAdded, b.Pos, f.Pos, "a new member")
	case f.Required:
		c.add(paramsMemberRequired, b.Pos, f.Pos, "the member is required, and old clients do not send it")
	default:
		c.add(paramsMemberAdded, b.Pos, f.Pos, "a new member")
	}
}

func sameDefault(b, a *text.Node) bool {
	if b == nil || a == nil {
		return b == a
	}
	return schema.SameScalar(b, a) || b.JSON() == a.JSON()
}

func defaultText(n *text.Node) string {
	if n == nil {
		return "nothing"
	}
	return n.JSON()
}
