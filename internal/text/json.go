package text

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
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
	if isPlain(s) {
		return `"` + s + `"`
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic(err) // a string always encodes
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// isPlain tells whether a string is written in JSON as it is.
func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// jsonWidth is how long a line of [IndentJSON] may be where a value can be broken.
const jsonWidth = 100

// IndentJSON writes a JSON document for people: what fits on a line stays on one.
//
//	"type": {"kind":"list","items":{"kind":"string"}},
func IndentJSON(w io.Writer, data []byte) error {
	n, problems := ParseJSON(&Source{Data: data})
	if problems.HasErrors() {
		return fmt.Errorf("malformed JSON: %s", problems[0].Message)
	}
	var b strings.Builder
	n.indent(&b, "", 0)
	b.WriteByte('\n')
	_, err := io.WriteString(w, b.String())
	return err
}

// size is the least number of characters that n takes as JSON; it does not count beyond enough.
func (n *Node) size(enough int) int {
	size := utf8.RuneCountInString(n.Text)
	for i := 0; i < len(n.Items) && size < enough; i++ {
		size += 1 + n.Items[i].size(enough-size)
	}
	for i := 0; i < len(n.Members) && size < enough; i++ {
		size += 4 + utf8.RuneCountInString(n.Members[i].Key) + n.Members[i].Value.size(enough-size)
	}
	return size
}

// indent writes n behind used columns of a line.
func (n *Node) indent(b *strings.Builder, margin string, used int) {
	if len(n.Items)+len(n.Members) == 0 || n.size(jsonWidth) < jsonWidth && used+utf8.RuneCountInString(n.JSON()) < jsonWidth {
		n.appendJSON(b)
		return
	}
	inner := margin + "  "
	open, closing := "{", "}"
	if n.Kind == KindArray {
		open, closing = "[", "]"
	}
	b.WriteString(open)
	for i, item := range n.Items {
		b.WriteString(comma(i) + "\n" + inner)
		item.indent(b, inner, len(inner))
	}
	for i, m := range n.Members {
		key := QuoteJSON(m.Key) + ": "
		b.WriteString(comma(i) + "\n" + inner + key)
		m.Value.indent(b, inner, len(inner)+utf8.RuneCountInString(key))
	}
	b.WriteString("\n" + margin + closing)
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}
