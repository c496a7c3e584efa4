package load

// impliedTypes are the types that keywords are about, each once, in the order of the document:
// four bits for each, so that the many schemas take little memory.
type impliedTypes uint16

// aboutTypes are the types that a keyword can be about.
var aboutTypes = [...]string{"", "object", "array", "number", "string"}

// with returns t and a type; the name "" is none.
func (t impliedTypes) with(name string) impliedTypes {
	for code, known := range aboutTypes {
		if known == name {
			return t.union(impliedTypes(code))
		}
	}
	return t
}

// union returns the types of t, and those of other behind them.
func (t impliedTypes) union(other impliedTypes) impliedTypes {
	for ; other != 0; other >>= 4 {
		at, known := 0, t
		for known != 0 && known&15 != other&15 {
			at, known = at+4, known>>4
		}
		if known == 0 {
			t |= other & 15 << at
		}
	}
	return t
}

// names returns the names of the types.
func (t impliedTypes) names() []string {
	if name := aboutTypes[t&15]; t>>4 == 0 && name != "" {
		return single(name)
	}
	var names []string
	for ; t != 0; t >>= 4 {
		names = append(names, aboutTypes[t&15])
	}
	return names
}
