package breaking

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// WriteChangelog writes the changes as Markdown, for people who call the API:
//
//	## Tasks 1.3.0
//
//	### Breaks clients in use
//
//	- `tasks.delete`: the method is gone
func WriteChangelog(w io.Writer, title, from, to string, changes []Change) error {
	var b strings.Builder
	next := NextVersion(from, changes)
	heading := to
	if to == from {
		heading = next
	}
	fmt.Fprintf(&b, "## %s\n", markdown(strings.TrimSpace(title+" "+heading)))
	headings := [...]string{Wire: "Breaks clients in use", Source: "Breaks code when clients are generated again", Safe: "Other changes"}
	for level := Wire; ; level-- {
		var lines strings.Builder
		for _, c := range changes {
			if c.Level == level {
				fmt.Fprintf(&lines, "- `%s`: %s\n", strings.ReplaceAll(c.At, "`", "'"), markdown(c.Message))
			}
		}
		if lines.Len() > 0 {
			fmt.Fprintf(&b, "\n### %s\n\n%s", headings[level], lines.String())
		}
		if level == Safe {
			break
		}
	}
	switch {
	case len(changes) == 0:
		b.WriteString("\nNothing has changed for callers.\n")
	case next != "" && to != next:
		fmt.Fprintf(&b, "\nSuggested version: %s (it was %s, and the document says %s).\n", next, markdown(from), markdown(to))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// NextVersion returns the version that changes ask for by the rules of semantic versions, or
// "" where the old one is none. Below 1.0.0 the minor version stands for what breaks.
func NextVersion(from string, changes []Change) string {
	var numbers []int
	plain, _, _ := strings.Cut(from, "-")
	plain, _, _ = strings.Cut(plain, "+")
	for _, part := range strings.Split(plain, ".") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			return ""
		}
		numbers = append(numbers, n)
	}
	if len(numbers) < 2 || len(numbers) > 3 {
		return ""
	}
	for len(numbers) < 3 {
		numbers = append(numbers, 0)
	}
	at := 2
	for _, c := range changes {
		if c.Level > Safe {
			at = 0
			break
		}
		at = 1
	}
	if len(changes) == 0 {
		return from
	}
	if numbers[0] == 0 && at < 2 {
		at++
	}
	numbers[at]++
	for i := at + 1; i < 3; i++ {
		numbers[i] = 0
	}
	return fmt.Sprintf("%d.%d.%d", numbers[0], numbers[1], numbers[2])
}

// markdown escapes text of documents.
func markdown(s string) string {
	return strings.NewReplacer("<", "&lt;", "*", "\\*", "_", "\\_", "`", "\\`", "[", "\\[", "]", "\\]").Replace(text.Escape(s))
}
