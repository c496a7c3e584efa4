package main

import (
	"fmt"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// configReader reads wsgen.yaml and collects the problems in it.
type configReader struct{ diags text.Diagnostics }

// setting is one key and the function that reads its value; what is the name of the value
// in messages.
type setting struct {
	key  string
	read func(n *text.Node, what string)
}

type settings []setting

// parseConfig reads the settings in data. The name of the file is for the diagnostics.
func parseConfig(name string, data []byte) (*config, text.Diagnostics) {
	source := &text.Source{Name: name, Data: data}
	root, diags := text.ParseDocument(source)
	if len(diags) == 1 && diags[0].Code == text.EmptyDocument { // it may hold comments
		root, diags = &text.Node{Kind: text.KindObject, Pos: text.Pos{Src: source}}, nil
	}
	if root == nil {
		return nil, diags
	}
	r := &configReader{diags: diags}
	c := &config{}
	c.read(r, root)
	r.diags.Sort()
	return c, r.diags
}

// mapping reads the value of each key with its setting. A key with the value null counts
// as missing.
func (r *configReader) mapping(n *text.Node, what string, known settings) {
	for _, m := range r.members(n, what) {
		at := known.find(m.Key)
		switch {
		case at == nil:
			r.add(m.KeyPos, "config-unknown-key", fmt.Sprintf("unknown key %q", m.Key), known.hint(m.Key))
		case m.Value.Kind != text.KindNull:
			at.read(m.Value, strings.TrimPrefix(what+"."+at.key, "."))
		}
	}
}

func (s settings) find(key string) *setting {
	for i := range s {
		if s[i].key == key {
			return &s[i]
		}
	}
	return nil
}

func (s settings) hint(key string) string {
	var keys []string
	for _, known := range s {
		keys = append(keys, known.key)
	}
	if near := text.Nearest(key, keys); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "the keys here are " + strings.Join(keys, ", ")
}

// section returns a function that reads a mapping with the known keys.
func (r *configReader) section(known settings) func(*text.Node, string) {
	return func(n *text.Node, what string) { r.mapping(n, what, known) }
}

func (r *configReader) text(to *string) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		if n.Kind != text.KindString {
			r.wrongKind(n, what, "text")
			return
		}
		*to = n.Text
	}
}

func (r *configReader) place(to *place) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		to.pos = n.Pos
		r.text(&to.path)(n, what)
		if n.Kind == text.KindString && n.Text == "" {
			r.add(n.Pos, "config-output", what+" is empty", "name a folder, or leave the key out for the default")
		}
	}
}

func (r *configReader) yes(n *text.Node, what string) bool {
	if n.Kind != text.KindBool {
		r.wrongKind(n, what, "true or false")
	}
	return n.Text == "true"
}

func (r *configReader) flag(to *bool) func(*text.Node, string) {
	return func(n *text.Node, what string) { *to = r.yes(n, what) }
}

func (r *configReader) list(to *[]string) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		for _, item := range r.items(n, what) {
			name := ""
			r.text(&name)(item, "an item of "+what)
			*to = append(*to, name)
		}
	}
}

// name returns a function that reads text for generated code, which must fit.
func (r *configReader) name(to *string, fits func(string) bool, hint string) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		r.text(to)(n, what)
		if n.Kind == text.KindString && !fits(n.Text) {
			r.add(n.Pos, "config-name", fmt.Sprintf("%s cannot be %s", what, shown(n)), hint)
		}
	}
}

// names returns a function that reads a mapping from names in the documents to new names.
func (r *configReader) names(to *map[string]load.Rename, fits func(string) bool, hint string) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		*to = map[string]load.Rename{}
		for _, m := range r.members(n, what) {
			name := ""
			r.name(&name, fits, hint)(m.Value, fmt.Sprintf("the new name of %q", m.Key))
			(*to)[m.Key] = load.Rename{To: name, Pos: m.KeyPos}
		}
	}
}

// style returns a function that reads whether methods are in namespaces.
func (r *configReader) style(options *gen.Options) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		style := ""
		r.name(&style, isOneOf("flat", "nested"), "the styles are flat and nested")(n, what)
		options.Nested = style == "nested"
	}
}

func (r *configReader) members(n *text.Node, what string) []text.Member {
	if n.Kind != text.KindObject {
		r.wrongKind(n, what, "a mapping")
		return nil
	}
	return n.Members
}

func (r *configReader) items(n *text.Node, what string) []*text.Node {
	if n.Kind != text.KindArray {
		r.wrongKind(n, what, "a list")
		return nil
	}
	return n.Items
}

var kindNames = map[text.Kind]string{
	text.KindObject: "a mapping", text.KindArray: "a list", text.KindString: "text", text.KindNull: "null",
	text.KindBool: "true or false", text.KindNumber: "a number",
}

func (r *configReader) wrongKind(n *text.Node, what, wanted string) {
	hint := "see docs/config.md"
	scalar := n.Kind != text.KindObject && n.Kind != text.KindArray
	switch {
	case wanted == "text" && scalar:
		hint = fmt.Sprintf("put it in quotes: %q", n.Text)
	case wanted == "a list" && scalar:
		hint = fmt.Sprintf("write it as [%s]", n.Text)
	}
	if what == "" {
		what = "the file"
	}
	r.add(n.Pos, "config-type", fmt.Sprintf("%s must be %s, not %s", what, wanted, kindNames[n.Kind]), hint)
}

// shown returns a value as messages quote it.
func shown(n *text.Node) string {
	switch n.Kind {
	case text.KindObject, text.KindArray:
		return kindNames[n.Kind]
	case text.KindNull:
		return "null"
	case text.KindString:
		return fmt.Sprintf("%q", n.Text)
	}
	return n.Text
}

func (r *configReader) add(pos text.Pos, code, message, hint string) {
	r.diags.Add(pos, code, message, hint)
}
