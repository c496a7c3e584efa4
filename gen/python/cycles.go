package python

import "github.com/wsgen/wsgen/schema"

// longCycle is the number of models from which those of a cycle are built apart: Pydantic
// builds them inside each other, and Python's stack ends at about 45 of them.
const longCycle = 24

// longCycles finds the objects that refer to each other in long cycles.
func longCycles(types []schema.Named) map[*schema.Object]bool {
	s := &cycleSearch{place: map[schema.Named]int{}, low: map[schema.Named]int{}, long: map[*schema.Object]bool{}}
	for _, t := range types {
		if s.place[t] == 0 {
			s.visit(t)
		}
	}
	return s.long
}

// cycleSearch finds types that refer to each other, as Tarjan does: each visited type has a
// place, and low is the least place that it leads to. Those of one cycle are a stretch of
// the stack.
type cycleSearch struct {
	place, low map[schema.Named]int
	stack      []schema.Named
	long       map[*schema.Object]bool
}

// done is the place of types whose cycle is complete.
const done = -1

func (s *cycleSearch) visit(t schema.Named) {
	place := len(s.place) + 1
	s.place[t], s.low[t] = place, place
	s.stack = append(s.stack, t)
	for _, part := range schema.Parts(t) {
		schema.Walk(part, func(inner schema.Type) bool {
			n, named := inner.(schema.Named)
			if named {
				s.follow(t, n)
			}
			return !named
		})
	}
	if s.low[t] == place {
		s.complete(t)
	}
}

// follow notes that t refers to n.
func (s *cycleSearch) follow(t, n schema.Named) {
	switch s.place[n] {
	case done:
		return
	case 0:
		s.visit(n)
	}
	if s.place[n] != done {
		s.low[t] = min(s.low[t], s.low[n])
	}
}

// complete takes the cycle that begins with t from the stack.
func (s *cycleSearch) complete(t schema.Named) {
	from := len(s.stack) - 1
	for s.stack[from] != t {
		from--
	}
	cycle := s.stack[from:]
	s.stack = s.stack[:from]
	var objects []*schema.Object
	for _, member := range cycle {
		s.place[member] = done
		if o, ok := member.(*schema.Object); ok {
			objects = append(objects, o)
		}
	}
	if len(objects) < longCycle {
		return
	}
	for _, o := range objects {
		s.long[o] = true
	}
}
