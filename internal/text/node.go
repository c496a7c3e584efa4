package text

import "slices"

// Kind is the JSON type of a [Node].
type Kind uint8

// The JSON types. Numbers keep their text, so none loses digits.
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// String returns the name that JSON Schema uses.
func (k Kind) String() string {
	return [...]string{"null", "boolean", "number", "string", "array", "object"}[k]
}

// Node is a JSON or YAML value that remembers where it stands. Member order is
// the document's.
type Node struct {
	Kind    Kind
	Mark    int32    // for the use of whoever reads the document; 0 at first
	Text    string   // the string, the number's text, or "true" / "false"
	Items   []*Node  // of an array
	Members []Member // of an object; keys are unique
	Pos     Pos
}

// Member is one member of an object.
type Member struct {
	Key    string
	KeyPos Pos
	Value  *Node
}

// Get returns the member's value, or nil where n is nil, no object, or lacks it.
func (n *Node) Get(key string) *Node {
	if m := n.Lookup(key); m != nil {
		return m.Value
	}
	return nil
}

// GetString returns the member's text where it is a string, else "".
func (n *Node) GetString(key string) string {
	if v := n.Get(key); v != nil && v.Kind == KindString {
		return v.Text
	}
	return ""
}

// IsTrue tells whether the member is there and is the boolean true.
func (n *Node) IsTrue(key string) bool {
	v := n.Get(key)
	return v != nil && v.Kind == KindBool && v.Text == "true"
}

// Lookup returns the member itself, with the place of its key, or nil as [Node.Get] does.
func (n *Node) Lookup(key string) *Member {
	if n == nil || n.Kind != KindObject {
		return nil
	}
	for i := range n.Members {
		if n.Members[i].Key == key {
			return &n.Members[i]
		}
	}
	return nil
}

// MembersOf returns the members; none where n is nil or no object.
func (n *Node) MembersOf() []Member {
	if n == nil {
		return nil
	}
	return n.Members
}

// ItemsOf returns the items; none where n is nil or no array.
func (n *Node) ItemsOf() []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

// Detached returns a copy that does not hold on to the whole document.
func (n *Node) Detached() *Node {
	if n == nil {
		return nil
	}
	out := *n
	out.Items = DetachedAll(n.Items)
	out.Members = slices.Clone(n.Members)
	for i := range out.Members {
		out.Members[i].Value = out.Members[i].Value.Detached()
	}
	return &out
}

// DetachedAll detaches each of nodes, see [Node.Detached].
func DetachedAll(nodes []*Node) []*Node {
	out := slices.Clone(nodes)
	for i, n := range nodes {
		out[i] = n.Detached()
	}
	return out
}
