package load

import (
	"slices"

	"github.com/wsgen/wsgen/schema"
)

// widenUnions replaces unions of which one variant is any value: the others say nothing more,
// and null is among any value.
func widenUnions(m *schema.Model) {
	for changed := true; changed; {
		changed = false
		seen := map[schema.Named]bool{}
		var visit func(slot *schema.Type)
		visit = func(slot *schema.Type) {
			n, named := (*slot).(schema.Named)
			if !named || !seen[n] {
				if named {
					seen[n] = true
				}
				schema.EachSlot(*slot, visit)
			}
			if wide := widened(*slot); wide != *slot {
				*slot, changed = wide, true
			}
		}
		for _, slot := range slices.Concat(receivedTypes(m), sentTypes(m)) {
			visit(slot)
		}
	}
}

func widened(t schema.Type) schema.Type {
	switch t := t.(type) {
	case *schema.Union:
		if slices.ContainsFunc(t.Variants, func(v schema.Variant) bool { return isAny(v.Type) }) {
			return &schema.Any{}
		}
	case *schema.Nullable:
		if isAny(t.Elem) {
			return t.Elem
		}
	}
	return t
}

func isAny(t schema.Type) bool {
	_, is := schema.Core(t).(*schema.Any)
	return is
}
