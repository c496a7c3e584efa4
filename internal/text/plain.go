package text

import "encoding/json"

// Plain converts a node to what jsonschema validates: numbers as json.Number.
func (n *Node) Plain() any {
	switch n.Kind {
	case KindNull:
		return nil
	case KindBool:
		return n.Text == "true"
	case KindNumber:
		return json.Number(n.Text)
	case KindString:
		return n.Text
	case KindArray:
		items := make([]any, len(n.Items))
		for i, item := range n.Items {
			items[i] = item.Plain()
		}
		return items
	}
	members := make(map[string]any, len(n.Members))
	for i := range n.Members {
		members[n.Members[i].Key] = n.Members[i].Value.Plain()
	}
	return members
}
