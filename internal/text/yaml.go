package text

import (
	"fmt"
	"regexp"
	"strings"
)

// YAML writes the value as block YAML that every parser of YAML 1.1 and 1.2 reads alike:
// strings are quoted, and there are no anchors.
//
//	info:
//	  title: "Task API"
func (n *Node) YAML() string {
	var b strings.Builder
	n.appendYAML(&b, "", false)
	return b.String()
}

// appendYAML writes n, each line with the margin. Where the first line is begun already, it
// goes on there.
func (n *Node) appendYAML(b *strings.Builder, margin string, begun bool) {
	start := func() {
		if !begun {
			b.WriteString(margin)
		}
		begun = false
	}
	switch {
	case len(n.Members) > 0:
		for _, m := range n.Members {
			start()
			b.WriteString(yamlKey(m.Key) + ":")
			if m.Value.isBlock() {
				b.WriteByte('\n')
				m.Value.appendYAML(b, margin+"  ", false)
			} else {
				b.WriteByte(' ')
				m.Value.appendYAML(b, "", true)
			}
		}
	case len(n.Items) > 0:
		for _, item := range n.Items {
			start()
			b.WriteString("- ")
			item.appendYAML(b, margin+"  ", true)
		}
	default:
		start()
		b.WriteString(yamlRaw(n.JSON()) + "\n")
	}
}

func (n *Node) isBlock() bool { return len(n.Members)+len(n.Items) > 0 }

var (
	plainKey  = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_.$-]*$`)
	notString = regexp.MustCompile(`(?i)^(y|n|yes|no|on|off|true|false|null)$`)
	rawInJSON = regexp.MustCompile("[\x7f-\u009f\u2028\u2029\ufeff\ufffe\uffff]")
)

func yamlKey(key string) string {
	if plainKey.MatchString(key) && !notString.MatchString(key) {
		return key
	}
	return yamlRaw(QuoteJSON(key))
}

// yamlRaw escapes what JSON leaves as it is, and YAML reads as the end of a line or refuses.
func yamlRaw(json string) string {
	return rawInJSON.ReplaceAllStringFunc(json, func(s string) string { return fmt.Sprintf(`\u%04x`, []rune(s)[0]) })
}
