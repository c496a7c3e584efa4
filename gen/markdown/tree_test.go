package markdown

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// node is a node of a syntax tree, in the terms of mdast.
type node struct {
	Type, Value, URL string
	Children         []node
}

// parse returns the syntax tree of each document.
func parse(t *testing.T, documents ...string) []node {
	t.Helper()
	input, err := json.Marshal(documents)
	if err != nil {
		t.Fatal(err)
	}
	parser := filepath.Join(toolchain.Root(t), ".tools", "node", "node_modules", "prettier", "plugins", "markdown.mjs")
	cmd := exec.Command("node", filepath.Join("testdata", "parse.mjs"), parser)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(input), t.Output()
	output, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var trees []node
	if err := json.Unmarshal(output, &trees); err != nil {
		t.Fatal(err)
	}
	return trees
}

// all returns the nodes of a type, in document order.
func (n node) all(kind string) []node {
	var found []node
	if n.Type == kind {
		found = append(found, n)
	}
	for _, child := range n.Children {
		found = append(found, child.all(kind)...)
	}
	return found
}

// text is what a reader sees of a node.
func (n node) text() string {
	text := n.Value
	for _, child := range n.Children {
		text += child.text()
	}
	return text
}

// kinds are the types of node that a reference consists of.
var kinds = strings.Fields("root heading paragraph text inlineCode strong link table tableRow tableCell list listItem")

// checkTree reports nodes that no reference has, and links that lead nowhere.
func checkTree(t *testing.T, tree node) {
	t.Helper()
	var check func(node)
	check = func(n node) {
		if !slices.Contains(kinds, n.Type) && n.Type != "liquidNode" { // prettier alone knows {{ }}
			t.Errorf("there is a %s: %s", n.Type, n.text())
		}
		for _, child := range n.Children {
			check(child)
		}
	}
	check(tree)
	anchors := anchorsOf(tree)
	for _, link := range tree.all("link") {
		if strings.HasPrefix(link.URL, "http://") && link.URL == link.text() {
			continue // GitHub makes links of bare URLs
		}
		if name, local := strings.CutPrefix(link.URL, "#"); !local || !slices.Contains(anchors, name) {
			t.Errorf("the link %q leads to %q", link.text(), link.URL)
		}
	}
}

// anchorsOf lists the anchors that GitHub gives to the headings of a document.
func anchorsOf(tree node) []string {
	var anchors []string
	for _, heading := range tree.all("heading") {
		base := strings.ReplaceAll(strings.TrimSpace(notInAnchors.ReplaceAllString(strings.ToLower(heading.text()), "")), " ", "-")
		anchor := base
		for i := 1; slices.Contains(anchors, anchor); i++ {
			anchor = base + "-" + strconv.Itoa(i)
		}
		anchors = append(anchors, anchor)
	}
	return anchors
}

// shape is how a document is built: its headings, and the cells of its tables.
func shape(tree node) string {
	var b strings.Builder
	for _, n := range tree.Children {
		switch n.Type {
		case "heading":
			b.WriteString("#")
		case "table":
			for _, row := range n.Children {
				b.WriteString(" " + strconv.Itoa(len(row.Children)))
			}
		}
	}
	return b.String()
}
