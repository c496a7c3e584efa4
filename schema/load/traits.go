package load

import (
	"slices"

	"github.com/wsgen/wsgen/internal/text"
)

// withTraits merges the traits of an operation or a message into it, as AsyncAPI 3 says: in
// their order, and a trait overrides nothing that the object itself has.
func (m *manifest) withTraits(n *text.Node) *text.Node {
	traits := n.Get("traits")
	if traits == nil || traits.Kind != text.KindArray {
		return n
	}
	whole := &text.Node{Kind: text.KindObject, Pos: n.Pos}
	for _, t := range traits.Items {
		if trait, _, ok := m.docs.deref(t); ok && trait.Kind == text.KindObject {
			whole = mergePatch(whole, trait)
		}
	}
	whole = mergePatch(whole, n)
	whole.Pos = n.Pos
	return whole
}

// mergePatch returns target with the members of patch, which win (RFC 7396): objects are
// merged member by member, and null removes a member.
func mergePatch(target, patch *text.Node) *text.Node {
	if patch.Kind != text.KindObject {
		return patch
	}
	merged := &text.Node{Kind: text.KindObject, Pos: patch.Pos}
	if target != nil && target.Kind == text.KindObject {
		merged.Members = slices.Clone(target.Members)
	}
	for _, member := range patch.Members {
		old := merged.Lookup(member.Key)
		switch {
		case member.Value.Kind == text.KindNull:
			merged.Members = slices.DeleteFunc(merged.Members, func(m text.Member) bool { return m.Key == member.Key })
		case old == nil:
			merged.Members = append(merged.Members, member)
		default:
			*old = text.Member{Key: member.Key, KeyPos: member.KeyPos, Value: mergePatch(old.Value, member.Value)}
		}
	}
	return merged
}
