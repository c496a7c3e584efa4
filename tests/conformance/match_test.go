package conformance

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"regexp"
	"strings"
)

// vars are the values that a case has bound: $name in its steps.
type vars map[string]any

var (
	wholeVar = regexp.MustCompile(`^\$[a-z]\w*$`)
	anyVar   = regexp.MustCompile(`\$([][xü9]\(\d+\)|[a-z]\w*)`)
)

// exact are the members whose objects have no members but those expected: the
// payload, which is the user's. Elsewhere more members are fine.
var exact = map[string]bool{"params": true, "result": true, "item": true, "event": true, "data": true}

// match compares got with what a case expects. In place of a value, $any is any,
// $absent says that the member is not there, $name is bound on first use and
// compared after that, {contains: text} is a string with that text in it, and
// {matches: regexp} one of that form, {from: N, to: N} a whole number, and
// {not: value} a member that is not there or has another value.
func (v vars) match(want, got any) error { return v.matchAt("", want, got, false) }

func (v vars) matchAt(path string, want, got any, strict bool) error {
	if name, ok := want.(string); ok && wholeVar.MatchString(name) {
		return v.matchVar(path, name[1:], got)
	}
	switch want := want.(type) {
	case map[string]any:
		if has(want, "from") && has(want, "to") {
			return inRange(path, want, got)
		}
		if test := textTest(want); test != nil {
			if s, ok := got.(string); !ok || !test(s) {
				return fmt.Errorf("%s: got %s, want a text that %s", path, show(got), show(want))
			}
			return nil
		}
		return v.matchObject(path, want, got, strict)
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(want) {
			return fmt.Errorf("%s: got %s, want %s", path, show(got), show(want))
		}
		for i := range want {
			if err := v.matchAt(fmt.Sprintf("%s[%d]", path, i), want[i], list[i], strict); err != nil {
				return err
			}
		}
		return nil
	case string:
		return equal(path, v.fill(want), got)
	}
	return equal(path, want, got)
}

func inRange(path string, want map[string]any, got any) error {
	number, _ := got.(json.Number)
	n, err := number.Int64()
	var from, to int64
	if _, scan := fmt.Sscan(fmt.Sprint(want["from"], " ", want["to"]), &from, &to); scan != nil {
		return scan
	}
	if err != nil || n < from || n > to {
		return fmt.Errorf("%s: got %s, want a whole number from %d to %d", path, show(got), from, to)
	}
	return nil
}

// textTest is the test that an object of one member stands for; nil where it is
// an object like others.
func textTest(want map[string]any) func(string) bool {
	if len(want) != 1 {
		return nil
	}
	if text, ok := want["contains"].(string); ok {
		return func(s string) bool { return strings.Contains(s, text) }
	}
	if pattern, ok := want["matches"].(string); ok {
		return regexp.MustCompile(pattern).MatchString
	}
	return nil
}

func (v vars) matchVar(path, name string, got any) error {
	bound, ok := v[name]
	switch {
	case name == "any":
	case !ok:
		v[name] = got
	default:
		return equal(path, bound, got)
	}
	return nil
}

func (v vars) matchObject(path string, want map[string]any, got any, strict bool) error {
	object, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: got %s, want %s", path, show(got), show(want))
	}
	for key, value := range want {
		member, there := object[key]
		at := strings.TrimPrefix(path+"."+key, ".")
		if has(value, "not") {
			if there && encode(v.expand(value.(map[string]any)["not"])) == encode(member) {
				return fmt.Errorf("%s: got %s, want another value or none", at, show(member))
			}
			continue
		}
		switch {
		case value == "$absent" && there:
			return fmt.Errorf("%s: got %s, want no such member", at, show(member))
		case value == "$absent":
			continue
		case !there:
			return fmt.Errorf("%s: missing in %s", at, show(got))
		}
		// The data of a request or reply is an envelope, which may grow.
		envelope := key == "data" && (has(value, "correlation_id") || has(value, "method"))
		if err := v.matchAt(at, value, member, (strict || exact[key]) && !envelope); err != nil {
			return err
		}
	}
	for key := range object {
		if _, known := want[key]; strict && !known {
			return fmt.Errorf("%s: unexpected member %q in %s", path, key, show(got))
		}
	}
	return nil
}

func has(v any, key string) bool {
	object, _ := v.(map[string]any)
	_, ok := object[key]
	return ok
}

func equal(path string, want, got any) error {
	if encode(want) != encode(got) {
		return fmt.Errorf("%s: got %s, want %s", path, show(got), show(want))
	}
	return nil
}

// encode is the JSON of a value.
func encode(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err) // all values come from YAML or JSON
	}
	return string(data)
}

// show is the JSON of a value for people; of a large one the beginning, and a sum
// that tells others apart.
func show(v any) string {
	text := encode(v)
	if len(text) > 2000 {
		return fmt.Sprintf("%s… (%d bytes, sum %08x)", text[:200], len(text), crc32.ChecksumIEEE([]byte(text)))
	}
	return text
}

// expand puts values into what a case sends.
func (v vars) expand(value any) any {
	switch value := value.(type) {
	case map[string]any:
		object := map[string]any{}
		for key, member := range value {
			object[v.fill(key)] = v.expand(member)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for i := range value {
			list[i] = v.expand(value[i])
		}
		return list
	case string:
		if bound, ok := v[strings.TrimPrefix(value, "$")]; ok && wholeVar.MatchString(value) {
			return bound
		}
		return v.fill(value)
	}
	return value
}

// fill puts values into a text. $x(N) is a text of N times x; the same goes for ü, 9, [ and ].
func (v vars) fill(text string) string {
	return anyVar.ReplaceAllStringFunc(text, func(name string) string {
		var letter rune
		var n int
		if _, err := fmt.Sscanf(name, "$%c(%d)", &letter, &n); err == nil {
			return strings.Repeat(string(letter), n)
		}
		switch value := v[strings.TrimPrefix(name, "$")].(type) {
		case nil:
			return name
		case string:
			return value
		default:
			return encode(value)
		}
	})
}
