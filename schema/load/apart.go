package load

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file tells definitions apart whose names become one. Whichever name is nearest to
// it keeps it; what the others are called depends on them and on that one alone.

type apart struct {
	l     *lowerer
	paths map[*text.Node][]string // where definitions stand; nil: not looked for
}

func newApart(l *lowerer) *apart { return &apart{l: l} }

// models names the models among definitions that want one name, and returns the
// versions of each: one, or that of results before that of params.
func (a *apart) models(name string, group []*definition, taken map[string]schema.Named) [][]*definition {
	if len(group) == 1 {
		return [][]*definition{group}
	}
	slices.SortStableFunc(group, func(x, y *definition) int { return a.compare(name, x, y) })
	var models [][]*definition
	for _, d := range group {
		last := len(models) - 1
		if last >= 0 && len(models[last]) == 1 && areVersions(models[last][0], d) {
			models[last] = append(models[last], d)
			continue
		}
		models = append(models, []*definition{d})
	}
	first := models[0][0]
	taken[name] = first.typ
	for _, model := range models[1:] {
		h := model[0].typ.Head()
		h.Name = distinct(a.otherName(name, first, model[0]), taken, map[string]int{})
		taken[h.Name] = model[0].typ
		d := a.l.diags.Add(h.Pos, "named-apart", fmt.Sprintf("two different definitions would both be called %s: this one is called %s", name, h.Name),
			"give one of them another name, in the document or under `rename` in the config file")
		d.Severity = text.Warning
		d.Notes = append(d.Notes, text.Note{Pos: first.typ.Head().Pos, Message: "the other one is here"})
	}
	return models
}

// compare orders definitions by how near their keys are to a name, then by place; the
// version of results comes before that of params.
func (a *apart) compare(name string, x, y *definition) int {
	keyX, keyY := modelKey(x.key), modelKey(y.key)
	rank := func(key string) int {
		if key == name {
			return -1
		}
		return schema.Dropped(key)
	}
	return cmp.Or(
		cmp.Compare(rank(keyX), rank(keyY)),
		cmp.Compare(keyX, keyY),
		versionRank(x)-versionRank(y),
		slices.Compare(a.path(x), a.path(y)),
	)
}

// versionRank is lowest for what keeps the name of a model that has two versions.
func versionRank(d *definition) int {
	rank := 0
	if !d.typ.Head().Out {
		rank += 2
	}
	if strings.HasSuffix(d.key, "-Input") {
		rank++
	}
	return rank
}

// areVersions tells whether two definitions are one model as results and as params have it.
func areVersions(out, in *definition) bool {
	if modelKey(out.key) != modelKey(in.key) {
		return false
	}
	return strings.HasSuffix(in.key, "-Input") && !strings.HasSuffix(out.key, "-Input") || out.typ.Head().Out && !in.typ.Head().Out
}

// modelKey is a key without what Pydantic adds to those of versions.
func modelKey(key string) string {
	return strings.TrimSuffix(strings.TrimSuffix(key, "-Input"), "-Output")
}

// otherName is what a definition is called beside first, which keeps the name: PageOfItem
// for Pydantic's Page_Item_, a name with the characters spelled out that tell the keys
// apart, or one that begins with the file or folder that tells the places apart.
func (a *apart) otherName(name string, first, d *definition) string {
	key := modelKey(d.key)
	if key == modelKey(first.key) {
		if part := differing(a.path(first), a.path(d)); part != "" {
			return typeName(part) + name
		}
		return name
	}
	if base, args, ok := strings.Cut(strings.TrimSuffix(key, "_"), "_"); ok && strings.HasSuffix(key, "_") && base != "" && args != "" {
		return typeName(base) + "Of" + typeName(args)
	}
	if spelled := typeName(schema.SpellOut(key)); spelled != name {
		return spelled
	}
	return name + schema.Casing(key) // only case tells them apart
}

// differing is the last part of b that a has not; "" where there is none.
func differing(a, b []string) string {
	for i := 1; i <= len(b); i++ {
		part := b[len(b)-i]
		if i > len(a) || a[len(a)-i] != part {
			return part
		}
	}
	return ""
}

// path is where a definition stands: folders, file, and the keys that lead to it.
func (a *apart) path(d *definition) []string {
	if a.paths == nil {
		a.paths = map[*text.Node][]string{}
	}
	if p, known := a.paths[d.node]; known {
		return p
	}
	doc := a.l.docs.bySource[d.node.Pos.Src]
	if doc == nil {
		return nil
	}
	file := strings.TrimSuffix(doc.name, path.Ext(doc.name))
	a.findPaths(doc.root, strings.Split(file, "/"))
	return a.paths[d.node]
}

// findPaths notes where n and what is inside it stand.
func (a *apart) findPaths(n *text.Node, at []string) {
	a.paths[n] = at
	for _, m := range n.Members {
		a.findPaths(m.Value, append(at[:len(at):len(at)], m.Key))
	}
}
