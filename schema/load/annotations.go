package load

import (
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file reads what a schema says to people.

func (k *keywords) doc() string { return stringOf(k.get(description)) }

// decl returns the head of a declaration that has no name yet.
func (k *keywords) decl() schema.Decl {
	decl := schema.Decl{Doc: k.doc(), Title: stringOf(k.get(title)), Deprecated: k.deprecation(), Examples: k.examples(), Pos: k.pos}
	if k.node != nil {
		decl.Sources = []schema.Source{{Node: k.node}}
	}
	return decl
}

// declOf returns the head of a definition with that key.
func (k *keywords) declOf(key string) schema.Decl {
	decl := k.decl()
	decl.Name = typeName(key)
	decl.DocName = decl.Name
	decl.Generic = isGeneric(modelKey(key)) || strings.Contains(decl.Title, "[")
	if sameWords(decl.Title, decl.Name) || sameWords(decl.Title, key) {
		decl.Title = ""
	}
	return decl
}

// isGeneric tells whether a key is what Pydantic writes for Page[Task].
func isGeneric(key string) bool {
	base, arguments, found := strings.Cut(strings.TrimSuffix(key, "_"), "_")
	return found && base != "" && arguments != "" && strings.HasSuffix(key, "_") || strings.ContainsRune(key, '[')
}

func (k *keywords) deprecation() *schema.Deprecation {
	return deprecationOf(k.get(deprecated), k.get(deprecationNote))
}

// deprecationOf reads "deprecated", a text or true, and the text of "x-deprecated".
func deprecationOf(deprecated, note *text.Node) *schema.Deprecation {
	switch {
	case deprecated != nil && deprecated.Kind == text.KindString:
		return &schema.Deprecation{Note: deprecated.Text}
	case isTrue(deprecated):
		return &schema.Deprecation{Note: stringOf(note)}
	}
	return nil
}

func (k *keywords) examples() []*text.Node {
	if list := k.get(examples); list != nil && list.Kind == text.KindArray {
		return text.DetachedAll(list.Items)
	}
	if one := k.get(example); one != nil {
		return []*text.Node{one.Detached()}
	}
	return nil
}
