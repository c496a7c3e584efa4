package schema

// This file looks at schema nodes without lowering them.

// typesOf returns the JSON types that n names or, where it names none, the one
// that its keywords are about.
func typesOf(n *Node) []string {
	switch t := n.Get("type"); {
	case t == nil:
	case t.Kind == KindString:
		return []string{t.Text}
	case t.Kind == KindArray:
		types := make([]string, 0, len(t.Items))
		for _, it := range t.Items {
			types = append(types, it.Text)
		}
		return types
	}
	for _, m := range n.Members {
		switch m.Key {
		case "properties", "additionalProperties", "patternProperties", "propertyNames", "required", "minProperties", "maxProperties":
			return []string{"object"}
		case "items", "prefixItems", "minItems", "maxItems", "uniqueItems":
			return []string{"array"}
		case "pattern", "minLength", "maxLength", "contentEncoding", "contentMediaType":
			return []string{"string"}
		case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf":
			return []string{"number"}
		}
	}
	return nil
}

func hasType(n *Node, want string) bool {
	for _, t := range typesOf(n) {
		if t == want {
			return true
		}
	}
	return false
}

// branches returns the alternatives of n that describe a type; those that only
// narrow ({required: [a]}) are none.
func branches(n *Node) []*Node {
	list := n.Get("oneOf")
	if list == nil {
		list = n.Get("anyOf")
	}
	if list == nil || list.Kind != KindArray {
		return nil
	}
	for _, b := range list.Items {
		if !narrowsOnly(b) || isAny(b) && n.Get("properties") == nil && n.Get("type") == nil {
			return list.Items
		}
	}
	return nil
}

// narrowsOnly tells whether a schema says nothing about the type of a value.
func narrowsOnly(n *Node) bool {
	for _, m := range n.Members {
		switch m.Key {
		case "type", "properties", "items", "prefixItems", "enum", "const", "$ref", "anyOf", "oneOf", "allOf", "additionalProperties", "patternProperties":
			return false
		}
	}
	return true
}

// isAny tells whether every value is one of n: it has annotations at most.
func isAny(n *Node) bool {
	if n.Kind == KindBool {
		return n.Text == "true"
	}
	for _, m := range n.Members {
		switch m.Key {
		case "title", "description", "default", "examples", "example", "deprecated", "readOnly", "writeOnly", "$comment":
		default:
			return false
		}
	}
	return n.Kind == KindObject
}

func anyBranch(bs []*Node) bool {
	for _, b := range bs {
		if isAny(b) {
			return true
		}
	}
	return false
}

// isNull tells whether null is the only value of n.
func isNull(n *Node) bool {
	if c := n.Get("const"); c != nil {
		return c.Kind == KindNull
	}
	if e := n.Get("enum"); e != nil && e.Kind == KindArray {
		return len(e.Items) == 1 && e.Items[0].Kind == KindNull
	}
	t := n.Get("type")
	return t != nil && (t.Text == "null" || t.Kind == KindArray && len(t.Items) == 1 && t.Items[0].Text == "null")
}

// splitNull takes null out of what n allows. It returns n itself where null is
// not among it, and a nil core where nothing else is.
func splitNull(n *Node) (core *Node, nullable bool) {
	if isNull(n) {
		return nil, true
	}
	if n.IsTrue("nullable") {
		rest, _ := splitNull(without(n, "nullable"))
		return rest, true
	}
	if e := n.Get("enum"); e != nil && e.Kind == KindArray {
		if kept, had := dropNulls(e.Items, func(v *Node) bool { return v.Kind == KindNull }); had {
			return with(n, "enum", array(e, kept)), true
		}
		return n, false
	}
	if t := n.Get("type"); t != nil && t.Kind == KindArray {
		if kept, had := dropNulls(t.Items, func(v *Node) bool { return v.Text == "null" }); had {
			core := with(n, "type", array(t, kept))
			if len(kept) == 1 {
				core = with(n, "type", kept[0])
			}
			return core, true
		}
	}
	for _, key := range []string{"anyOf", "oneOf"} {
		list := n.Get(key)
		if list == nil || list.Kind != KindArray {
			continue
		}
		kept, had := dropNulls(list.Items, func(b *Node) bool { return b.Kind == KindObject && isNull(b) })
		if had {
			return with(n, key, array(list, kept)), true
		}
	}
	return n, false
}

func dropNulls(items []*Node, isNull func(*Node) bool) (kept []*Node, had bool) {
	for _, it := range items {
		if isNull(it) {
			had = true
		} else {
			kept = append(kept, it)
		}
	}
	return kept, had
}

func isObject(n *Node) bool {
	return n.Get("properties") != nil && n.Get("properties").Kind == KindObject && (n.Get("type") == nil || hasType(n, "object") && len(typesOf(n)) == 1)
}

// isTuple tells whether places of an array have types of their own, as
// prefixItems or as the array that items was before 2020-12.
func isTuple(n *Node) bool { return tupleItems(n) != nil }

func tupleItems(n *Node) *Node {
	if p := n.Get("prefixItems"); p != nil && p.Kind == KindArray {
		return p
	}
	if items := n.Get("items"); items != nil && items.Kind == KindArray {
		return items
	}
	return nil
}

// isEnum tells whether n lists its values: as enum, const, or alternatives that
// are constants all.
func isEnum(n *Node) bool {
	if n.Get("enum") != nil || n.Get("const") != nil {
		return true
	}
	bs := branches(n)
	for _, b := range bs {
		if b.Get("const") == nil || b.Get("properties") != nil {
			return false
		}
	}
	return len(bs) > 1
}

// with returns a copy of n in which one member has another value.
func with(n *Node, key string, value *Node) *Node {
	c := *n
	c.Members = make([]Member, 0, len(n.Members)+1)
	found := false
	for _, m := range n.Members {
		if m.Key == key {
			m.Value, found = value, true
		}
		c.Members = append(c.Members, m)
	}
	if !found {
		c.Members = append(c.Members, Member{Key: key, KeyPos: value.Pos, Value: value})
	}
	return &c
}

// without returns a copy of n that lacks some members.
func without(n *Node, keys ...string) *Node {
	c := *n
	c.Members = make([]Member, 0, len(n.Members))
	for _, m := range n.Members {
		drop := false
		for _, k := range keys {
			drop = drop || m.Key == k
		}
		if !drop {
			c.Members = append(c.Members, m)
		}
	}
	return &c
}

func array(at *Node, items []*Node) *Node {
	return &Node{Kind: KindArray, Items: items, Pos: at.Pos}
}

func object(at *Node, members ...Member) *Node {
	return &Node{Kind: KindObject, Members: members, Pos: at.Pos}
}

// splitTypes writes {type: [a, b]} as {anyOf: [{type: a}, {type: b}]}.
func splitTypes(n *Node, types []string) *Node {
	list := n.Get("type")
	alternatives := make([]*Node, len(types))
	for i := range types {
		alternatives[i] = with(without(n, "title", "description", "default", "examples", "example", "deprecated"), "type", list.Items[i])
	}
	return object(n, Member{Key: "anyOf", KeyPos: list.Pos, Value: array(list, alternatives)})
}
