package markup

import (
	"strings"
	"testing"
)

// What docstrings become is in fixtures/docstrings; here is what must stay as it is.
func TestWhatIsNoMarkupStays(t *testing.T) {
	for _, doc := range []string{
		"",
		"Plain text.\nOf two lines.",
		"At 10:30:00 :sparkles: comes a::b.",
		"Ends in colons::",
		"Ends in colons::\n\nBut no code follows.",
		"Args: in a line.",
		"Args:\nnot indented.",
		"- item\n- item\n\n  of the list",
		"`code` and _emphasis_ and name_",
		"`text <no url>`_ and `nowhere`_",
		"```\n:param x: code\n``x``\n\n.. note:: code\n```",
		"    ``indented`` code\n    :param x: y",
		".. _target: nowhere",
		".. image:: picture.png\n   :alt: text",
		":param: without a name",
		"> quoted\n> text",
		"| a | b |\n| --- | --- |\n| 1 | 2 |",
		"Unclosed ``code",
	} {
		if got := Markdown(doc); got != doc {
			t.Errorf("%q became %q", doc, got)
		}
	}
}

// Long texts of one kind take no longer by the line than short ones. (A quadratic reader would
// take minutes.)
func TestLongTexts(t *testing.T) {
	const lines = 30_000
	for _, line := range []string{
		"``", "`x", "``x`` ", ":param x: y\n", ":param x: y\n\n", ".. note:: x\n", ".. unknown:: x\n", "a::\n", "a::\n\n b\n\n", "```\n", "~~~\n",
		"Args:\n  x: y\n\n", "Parameters\n---\nx : y\n", "Title\n===\n\n", ">>> x\n", "+--+\n", "== ==\n", "== ==\n\n", "- x\n", "#. x\n",
		".. _x: https://example.com\n", "`x`_ ", "`x <https://example.com>`_ ", "\n", " \n",
	} {
		Markdown(strings.Repeat(line, lines))
		Markdown("``x``\n\n" + strings.Repeat(line, lines))
	}
}

// Any text can be read, and nesting has an end.
func FuzzMarkdown(f *testing.F) {
	f.Add("Args:\n    x (int): ``one``.\n\n        .. note:: a\n\nReturns\n-------\nint\n    b")
	f.Add(strings.Repeat(".. note:: ", 40))
	f.Add("`a <https://b>`_ `c`_\n\n.. _c: https://d")
	f.Fuzz(func(t *testing.T, doc string) {
		got := Markdown(doc)
		if strings.ContainsRune(got, '\r') && !strings.ContainsRune(doc, '\r') {
			t.Errorf("%q became %q", doc, got)
		}
	})
}
