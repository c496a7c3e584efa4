package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema/load"
)

// configReader reads wsgen.yaml and gathers all that is wrong in it.
type configReader struct {
	source *text.Source
	diags  text.Diagnostics
}

// setting is one key and what reads its value; what names the value in messages.
type setting struct {
	key  string
	read func(n *yaml.Node, what string)
}

type settings []setting

// parseConfig reads the text of a file; the name is for the diagnostics.
func parseConfig(name string, data []byte) (*config, text.Diagnostics) {
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	err := dec.Decode(&document)
	if err == io.EOF { // nothing but comments
		document, err = yaml.Node{Kind: yaml.DocumentNode, Content: []*yaml.Node{{Kind: yaml.MappingNode}}}, nil
	} else if err == nil && dec.Decode(&second) != io.EOF {
		err = errors.New("it holds more than one document")
	}
	if err == nil && !utf8.Valid(data) {
		err = errors.New("it is not UTF-8")
	}
	if err != nil {
		return nil, explainSyntax(name, data, err)
	}
	r := &configReader{source: &text.Source{Name: name, Data: data}}
	c := &config{}
	c.read(r, resolve(document.Content[0]))
	r.diags.Sort()
	return c, r.diags
}

// mapping hands the value of each key to its setting. A null is as if the key were
// not there.
func (r *configReader) mapping(n *yaml.Node, what string, known settings) {
	for _, m := range r.members(n, what) {
		at := known.find(m.key.Value)
		switch {
		case at == nil:
			r.add(r.pos(m.key), "config-unknown-key", "unknown key "+shown(m.key), known.hint(m.key.Value))
		case m.value.ShortTag() != "!!null":
			at.read(m.value, strings.TrimPrefix(what+"."+at.key, "."))
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

// section reads a mapping with keys of its own.
func (r *configReader) section(known settings) func(*yaml.Node, string) {
	return func(n *yaml.Node, what string) { r.mapping(n, what, known) }
}

func (r *configReader) text(to *string) func(*yaml.Node, string) {
	return func(n *yaml.Node, what string) {
		if n.ShortTag() != "!!str" {
			r.wrongKind(n, what, "text")
			return
		}
		*to = n.Value
	}
}

func (r *configReader) list(to *[]string) func(*yaml.Node, string) {
	return func(n *yaml.Node, what string) {
		for _, item := range r.items(n, what) {
			name := ""
			r.text(&name)(item, "an item of "+what)
			*to = append(*to, name)
		}
	}
}

// name reads text that ends up in generated code.
func (r *configReader) name(to *string, fits func(string) bool, hint string) func(*yaml.Node, string) {
	return func(n *yaml.Node, what string) {
		r.text(to)(n, what)
		if n.ShortTag() == "!!str" && !fits(n.Value) {
			r.add(r.pos(n), "config-name", fmt.Sprintf("%s cannot be %s", what, shown(n)), hint)
		}
	}
}

// names reads a mapping from names of the documents to those to use.
func (r *configReader) names(to *map[string]load.Rename, fits func(string) bool, hint string) func(*yaml.Node, string) {
	return func(n *yaml.Node, what string) {
		*to = map[string]load.Rename{}
		for _, m := range r.members(n, what) {
			name := ""
			r.name(&name, fits, hint)(m.value, "the new name of "+shown(m.key))
			(*to)[m.key.Value] = load.Rename{To: name, Pos: r.pos(m.key)}
		}
	}
}

// member is one key of a mapping with its value.
type member struct{ key, value *yaml.Node }

// members returns each key once: a second time is a mistake.
func (r *configReader) members(n *yaml.Node, what string) (list []member) {
	if n.Kind != yaml.MappingNode {
		r.wrongKind(n, what, "a mapping")
		return nil
	}
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolve(n.Content[i])
		if first := seen[key.Value]; first != nil {
			r.add(r.pos(key), "duplicate-key", fmt.Sprintf("the key %s comes twice", shown(key)), "remove or rename one of them")
			at := &r.diags[len(r.diags)-1]
			at.Notes = append(at.Notes, text.Note{Pos: r.pos(first), Message: "it is here first"})
			continue
		}
		seen[key.Value] = key
		list = append(list, member{key, resolve(n.Content[i+1])})
	}
	return list
}

func (r *configReader) items(n *yaml.Node, what string) (list []*yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.wrongKind(n, what, "a list")
		return nil
	}
	for _, item := range n.Content {
		list = append(list, resolve(item))
	}
	return list
}

// resolve returns what an alias stands for.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

var kindNames = map[string]string{
	"!!map": "a mapping", "!!seq": "a list", "!!str": "text", "!!null": "null", "!!bool": "true or false",
	"!!int": "a number", "!!float": "a number", "!!timestamp": "a date",
}

func (r *configReader) wrongKind(n *yaml.Node, what, wanted string) {
	got, known := kindNames[n.ShortTag()]
	if !known {
		got = n.ShortTag()
	}
	hint := "see docs/config.md"
	switch {
	case wanted == "text" && n.Kind == yaml.ScalarNode:
		hint = fmt.Sprintf("put it in quotes: %q", n.Value)
	case wanted == "a list" && n.Kind == yaml.ScalarNode:
		hint = fmt.Sprintf("write it as [%s]", n.Value)
	}
	if what == "" {
		what = "the file"
	}
	r.add(r.pos(n), "config-type", fmt.Sprintf("%s must be %s, not %s", what, wanted, got), hint)
}

// shown is a value as messages quote it.
func shown(n *yaml.Node) string {
	switch {
	case n.Kind != yaml.ScalarNode:
		return kindNames[n.ShortTag()]
	case n.ShortTag() == "!!str":
		return fmt.Sprintf("%q", n.Value)
	}
	return n.Value
}

func (r *configReader) add(pos text.Pos, code, message, hint string) {
	r.diags = append(r.diags, text.Diagnostic{Pos: pos, Code: code, Message: message, Hint: hint})
}

// pos finds a node in the text. Columns of the library count characters.
func (r *configReader) pos(n *yaml.Node) text.Pos {
	data, off := r.source.Data, 0
	for range n.Line - 1 {
		off += bytes.IndexByte(data[off:], '\n') + 1
	}
	for range n.Column - 1 {
		_, size := utf8.DecodeRune(data[off:])
		off += size
	}
	return text.Pos{Src: r.source, Off: int32(off), Len: int32(length(n, data[off:]))}
}

// length is how much of the text is the node, where that is simple: a word, or
// text in quotes.
func length(n *yaml.Node, text []byte) int {
	quotes := 0
	if n.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle) != 0 {
		quotes = 1
	}
	if n.Kind == yaml.ScalarNode && quotes <= len(text) && bytes.HasPrefix(text[quotes:], []byte(n.Value)) {
		return len(n.Value) + 2*quotes
	}
	return 0
}
