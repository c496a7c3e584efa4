package main

import (
	"fmt"
	"strings"
)

// column is what one tool says of every change.
type column struct {
	name string
	says []string
}

// isRight tells whether a verdict is what a change is: whether it breaks anything at all. Tools
// that look at the wire only are right about changes in code whatever they say.
func isRight(says, is string) bool { return is == inCode || (says == fine) == (is == fine) }

// write returns the page.
func write(changes []*change, columns []column) string {
	var b strings.Builder
	fmt.Fprintf(&b, `# What breaks, as other tools see it

`+"`wsgen breaking`"+` beside three tools that answer the same question for documents of other kinds. Each is asked about the same %d
changes, as a document of its own kind: oasdiff %s about an OpenAPI document with a POST for each method and a GET for each event,
@asyncapi/diff %s about the document that `+"`wsgen bundle`"+` writes, and buf %s about a Protobuf service. They are good tools; what
they cannot know is who sends a value, what clients do with what they do not know, and what code has to change.

- **wire**: clients in use break.
- **code**: they go on working, but code has to change when clients are generated again, in at least one language.
- **fine**: nobody minds.
- –: the tool has no verdict, since the change cannot be written in its documents, or it has no rule for it.

oasdiff's warnings count like its errors, as wire; for buf, what its category WIRE_JSON finds is wire, and what FILE finds beyond that is
code. ✗ marks what is wrong: "fine" where something breaks, or the other way round. Changes in code are not counted against tools that
look at the wire only. wsgen has to tell all three apart, which a test checks.

`+"`make compared`"+` writes this page from `+"[these changes](../tests/compared/changes.yaml)"+`.

| Change | is | wsgen | oasdiff | @asyncapi/diff | buf breaking | |
| --- | --- | --- | --- | --- | --- | --- |
`, len(changes), oasdiffVersion, asyncapiVersion, bufVersion)
	right, wrong := make([]int, len(columns)), make([]int, len(columns))
	for i, c := range changes {
		fmt.Fprintf(&b, "| %s | **%s** |", c.Name, c.Is)
		for j, column := range columns {
			says := column.says[i]
			mark := ""
			switch {
			case says == none:
			case isRight(says, c.Is):
				right[j]++
			default:
				wrong[j]++
				mark = " ✗"
			}
			fmt.Fprintf(&b, " %s%s |", says, mark)
		}
		fmt.Fprintf(&b, " %s |\n", c.Why)
	}
	b.WriteString("\n| | right | wrong | no verdict |\n| --- | --- | --- | --- |\n")
	for j, column := range columns {
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", column.name, right[j], wrong[j], len(changes)-right[j]-wrong[j])
	}
	return b.String()
}
