package markdown

import (
	"strings"
	"testing"
)

func TestEscape(t *testing.T) {
	for in, want := range map[string]string{
		"plain, text. (with) punctuation!": "plain, text. (with) punctuation!",
		"snake_case and _private_":         `snake_case and \_private\_`,
		"a <b> & c | d":                    `a \<b> \& c \| d`,
		"use `x|y` and ``z``, not `":       "use `x|y` and `z`, not \\`",
		"1. one":                           `1\. one`,
		"- item":                           `\- item`,
		"two\n  lines":                     "two lines",
		"price: $5":                        `price: \$5`,
		"\u202egnp":                        `\\u202egnp`,
	} {
		if got := escape(in); got != want {
			t.Errorf("escape(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestCode(t *testing.T) {
	for in, want := range map[string]string{
		"tasks.get": "`tasks.get`",
		"":          "`\"\"`",
		" x":        "`\" x\"`",
		"a`b":       "``a`b``",
		"`":         "`` ` ``",
		`a\|b`:      `a\\\|b`,
		"a|b":       "`a|b`",
		"a\u200bb":  "`a\\u200bb`",
	} {
		if got := code(in); got != want {
			t.Errorf("code(%q) is %q, want %q", in, got, want)
		}
	}
}

func TestBlocks(t *testing.T) {
	doc := "One\nparagraph.\n\n  Another.\n- an item\n- `code`\n\nThe *end*."
	want := "One paragraph.|Another.|- an item|- `code`|The \\*end\\*."
	if got := strings.Join(blocksOf(nil, doc, "Title"), "|"); got != want {
		t.Errorf("got %s", got)
	}
	if got := strings.Join(blocksOf(nil, "", "a title"), "|"); got != "A title." {
		t.Errorf("got %s", got)
	}
}

// FuzzEscape checks that a reader of the Markdown sees the text and nothing else.
func FuzzEscape(f *testing.F) {
	for _, s := range hostileTexts {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		letters := strings.NewReplacer("`", "", " ", "") // what marks code and what is around it
		want := letters.Replace(visible(spaces.ReplaceAllString(s, " ")))
		if got := letters.Replace(seen(t, escape(s))); got != want {
			t.Errorf("%q is shown as %q", s, got)
		}
		if s == "" || strings.TrimSpace(s) != s || strings.Contains(s, `\|`) {
			return // code is quoted, or no code
		}
		if got := seen(t, code(s)); got != visible(s) {
			t.Errorf("the code %q is shown as %q", s, got)
		}
	})
}

// seen reads a line of Markdown as CommonMark says, and fails the test where it finds
// markup other than code.
func seen(t *testing.T, line string) string {
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", line[i+1]) >= 0:
			i++
			b.WriteByte(line[i])
		case c == '`':
			fence := line[i : len(line)-len(strings.TrimLeft(line[i:], "`"))]
			content, closed := codeAfter(line[i+len(fence):], fence)
			if !closed {
				t.Errorf("%q opens code that does not end", line)
				return b.String()
			}
			b.WriteString(strings.TrimSuffix(strings.TrimPrefix(content, " "), " "))
			i += len(content) + 2*len(fence) - 1
		case strings.IndexByte("<&[]*|~$#\n", c) >= 0:
			t.Errorf("%q has a bare %q", line, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// codeAfter returns the text before the next run of as many backticks as fence has.
func codeAfter(line, fence string) (string, bool) {
	for at := 0; ; {
		next := strings.Index(line[at:], fence)
		if next < 0 {
			return "", false
		}
		end := at + next
		run := len(line[end:]) - len(strings.TrimLeft(line[end:], "`"))
		if run == len(fence) {
			return line[:end], true
		}
		at = end + run
	}
}

// Other markup becomes text and code, too.
func TestBlocksOfDocstrings(t *testing.T) {
	doc := "See :class:`Task` and `here <https://example.com>`_.\n\nSo::\n\n    a = {1}\n\n    b\n\n* an item"
	want := "See `Task` and here (https://example.com).|So:|`a = {1} b`|- an item"
	if got := strings.Join(blocksOf(nil, doc, ""), "|"); got != want {
		t.Errorf("got %s", got)
	}
}
