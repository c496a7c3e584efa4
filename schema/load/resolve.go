package load

import (
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// This file follows references, and decides what the keywords beside one do.

// refNarrowed tells whether keywords beside the $ref of k change the type that it
// refers to. Documentation does not, and limits do only for a scalar.
func (l *lowerer) refNarrowed(k *keywords) bool {
	if k.hasStructure() {
		return true
	}
	if k.written.form == noType && !k.hasLimits() {
		return false
	}
	target := l.refTarget(k)
	if target == nil {
		target = &keywords{}
	}
	if k.written.form != noType && !k.sameType(target) {
		return true
	}
	switch target.namedType() {
	case "string", "number", "integer":
		return k.hasLimits()
	}
	return false
}

// sameType tells whether other names the types that k names, or none.
func (k *keywords) sameType(other *keywords) bool {
	if other.written.form == noType {
		return true
	}
	return k.written.form == other.written.form && len(k.written.names) == len(other.written.names) && (k.written.form == typeList || k.written.names[0] == other.written.names[0])
}

// refTarget returns what the $ref of k leads to, nil where it leads nowhere.
func (l *lowerer) refTarget(k *keywords) *keywords {
	t, ok := l.docs.resolve(k.ref)
	if !ok {
		return nil
	}
	return l.read(t.Node)
}

// loneRef returns the $ref of an allOf that has nothing else, and nothing but
// documentation beside it, as older versions of Pydantic wrap a $ref; else nil.
func (l *lowerer) loneRef(k *keywords) *keywords {
	if k.allOf == nil || len(k.allOf.schemas) != 1 || k.hasAlternatives() || !k.onlyCombines() {
		return nil
	}
	if part := k.allOf.schemas[0]; part.ref != nil && !l.refNarrowed(part) {
		return part
	}
	return nil
}

// target follows references that have nothing but documentation beside them.
func (l *lowerer) target(k *keywords) *keywords {
	for range maxHops {
		if lone := l.loneRef(k); lone != nil {
			k = lone
		}
		if k.ref == nil || l.refNarrowed(k) {
			break
		}
		next := l.refTarget(k)
		if next == nil {
			break
		}
		k = next
	}
	return k
}

// reference returns the type that a $ref refers to.
func (l *lowerer) reference(ref *text.Node) schema.Type {
	t, ok := l.docs.resolve(ref)
	if !ok {
		return &schema.Any{}
	}
	node, key := t.Node, t.Key
	if isPureRef(node) {
		if node, key, ok = l.docs.deref(node); !ok {
			return &schema.Any{}
		}
	}
	k := l.read(node)
	switch {
	case k.kind != objectSchema:
		return l.lowerRoot(node, typeName(key))
	case l.onlyNull(k):
		return &schema.Null{} // a name would add nothing to it
	}
	return l.define(k, key)
}

// isPureRef tells whether a definition is just another name: nothing but $ref.
func isPureRef(n *text.Node) bool {
	if n.Get("$ref") == nil {
		return false
	}
	for _, m := range n.Members {
		if m.Key != "$ref" && m.Key != "$defs" && m.Key != "definitions" && m.Key != "$schema" && m.Key != "$id" {
			return false
		}
	}
	return true
}
