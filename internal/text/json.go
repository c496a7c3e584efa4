package text

import (
	"encoding/json"
	"strings"
)

// JSON writes the value as compact JSON, members in document order.
func (n *Node) JSON() string {
	var b strings.Builder
	n.appendJSON(&b)
	return b.String()
}

func (n *Node) appendJSON(b *strings.Builder) {
	switch n.Kind {
	case KindNull:
		b.WriteString("null")
	case KindBool, KindNumber:
		b.WriteString(n.Text)
	case KindString:
		b.WriteString(QuoteJSON(n.Text))
	case KindArray:
		b.WriteByte('[')
		for i, it := range n.Items {
			if i > 0 {
				b.WriteByte(',')
			}
			it.appendJSON(b)
		}
		b.WriteByte(']')
	case KindObject:
		b.WriteByte('{')
		for i, m := range n.Members {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(QuoteJSON(m.Key))
			b.WriteByte(':')
			m.Value.appendJSON(b)
		}
		b.WriteByte('}')
	}
}

// QuoteJSON writes s as a JSON string. It leaves < > & as they are: the text is
// for people and for source code that quotes it again.
func QuoteJSON(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}
