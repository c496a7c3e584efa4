package load

import (
	"cmp"
	"strconv"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// alternatives returns what a value of the flat schema k can be: its branches,
// with those of unions in place put in, repetitions left out, and the members
// that stand beside them given to each.
func (l *lowerer) alternatives(k *keywords) []*keywords {
	branches := k.branches()
	if branches == nil || k.listsValues() {
		return nil // values that are listed leave nothing to choose
	}
	branches = l.possible(branches)
	if k.properties != nil && !l.anything(k) {
		branches = l.possible(l.distribute(k, branches))
	}
	if k.get(discriminator) != nil || k.isEnum() {
		return branches
	}
	d := distinctBranches{l: l, index: map[any]int{}, added: map[*keywords]bool{}}
	d.add(branches)
	return d.list
}

// distinctBranches gathers branches, each once.
type distinctBranches struct {
	l     *lowerer
	list  []*keywords
	index map[any]int        // by the definition or the scalar that they are
	added map[*keywords]bool // unions in place, which can be met by very many ways
}

func (d *distinctBranches) add(branches []*keywords) {
	for _, b := range branches {
		if inner := b.branches(); len(inner) > 0 && b.isWrapper() && !b.isEnum() {
			if !d.added[b] {
				d.added[b] = true
				d.add(inner)
			}
			continue
		}
		key := d.l.identity(b)
		if key == nil {
			d.list = append(d.list, b)
			continue
		}
		first, taken := d.index[key]
		if !taken {
			d.index[key] = len(d.list)
			d.list = append(d.list, b)
		} else if d.list[first].ref == nil {
			d.list[first] = d.list[first].unlimited()
		}
	}
}

// scalarKey is what two scalars of a union may not share: clients could not tell
// them apart.
type scalarKey struct{ kind, format, encoding, media string }

// identity is equal for branches of the same type; nil is equal to nothing.
func (l *lowerer) identity(b *keywords) any {
	if b.ref != nil {
		if t, ok := l.docs.resolve(b.ref); ok && !l.refNarrowed(b) {
			if target, _, ok := l.docs.deref(t.Node); ok {
				return target
			}
		}
		return nil
	}
	switch kind := b.namedType(); kind {
	case "string", "integer", "number", "boolean":
		if !b.isEnum() && b.allOf == nil && b.branches() == nil {
			format := stringOf(b.get(formatName))
			if b.isDecimal() {
				format = string(schema.Decimal)
			}
			return scalarKey{kind, format, stringOf(b.get(encoding)), stringOf(b.get(mediaType))}
		}
	}
	return nil
}

// unlimited returns a scalar without its limits, for one that stands for several.
func (k *keywords) unlimited() *keywords {
	if k.isDecimal() {
		return k
	}
	return k.without(func(k keyword) bool { return k.isLimit() && k != formatName })
}

// fillUnion lowers the alternatives of the flat schema k.
func (l *lowerer) fillUnion(u *schema.Union, k *keywords, alternatives []*keywords) {
	u.Tag = k.tag()
	for i, a := range alternatives {
		v := schema.Variant{Type: l.typ(a, place{owner: u, path: l.variantName(a, i)}), Pos: a.pos}
		if u.Tag != "" {
			v.Tags = text.DetachedAll(l.tagsOf(k, a, a.parts()[0], u.Tag))
		}
		u.Variants = append(u.Variants, v)
	}
	if u.Tag != "" {
		l.tagged = append(l.tagged, u)
	}
}

// variantName names the alternative i after what it is in the document.
func (l *lowerer) variantName(a *keywords, i int) string {
	name := ""
	for _, part := range a.parts() {
		if t := l.called[part.node]; t != "" {
			name += t
		} else if t := stringOf(part.get(title)); t != "" {
			name += typeName(t)
		} else if part.ref != nil {
			if t, ok := l.docs.resolve(part.ref); ok {
				name += typeName(t.Key)
			}
		}
	}
	return cmp.Or(name, "Variant"+strconv.Itoa(i+1))
}
