package load

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsgen/wsgen/internal/text"
)

// explainer says what is wrong with a value, at the place of the part that is wrong. It
// hears of that from a [rule], or puts what the library refuses into words of ours.
type explainer struct {
	root    *text.Node
	code    string // of the diagnostics
	subject string // what root is called
	hints   bool   // root is written by somebody who may need them: it is not a mere value
	path    []step // from root to the part that a rule is about
	diags   text.Diagnostics
}

// step leads to a member, or to an item, counted from 1.
type step struct {
	key  string
	item int
}

func (e *explainer) enter(s step) {
	if e != nil {
		e.path = append(e.path, s)
	}
}

func (e *explainer) leave() {
	if e != nil {
		e.path = e.path[:len(e.path)-1]
	}
}

// named is how messages call what a path leads to: `"minLength"`, `item 2 of "required"`.
func (e *explainer) named(path []step) string {
	if len(path) == 0 {
		return e.subject
	}
	last := path[len(path)-1]
	if last.item > 0 {
		return fmt.Sprintf("item %d of %s", last.item, e.named(path[:len(path)-1]))
	}
	return text.Quote(last.key)
}

// fail reports that n, at the end of the path, is wrong. It returns false, for rules.
func (e *explainer) fail(n *text.Node, message, hint string) bool {
	if e != nil {
		e.diags.Add(n.Pos, e.code, e.named(e.path)+" "+text.Escape(message), hint)
	}
	return false
}

// checkLibrary validates root with a schema of the library.
func (e *explainer) checkLibrary(sch *jsonschema.Schema) {
	switch err := validateSafely(sch, e.root.Plain()).(type) {
	case nil:
	case *jsonschema.ValidationError:
		for _, leaf := range causes(err) {
			e.explain(leaf)
		}
	default:
		e.diags.Add(e.root.Pos, e.code, text.Escape(strings.TrimPrefix(err.Error(), "jsonschema: ")), "")
	}
}

// validateSafely turns a panic of the library, which it has for values it did
// not expect, into an error.
func validateSafely(sch *jsonschema.Schema, value any) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the validator failed: %v", v)
		}
	}()
	return sch.Validate(value)
}

// causes returns the leaves of an error: what is wrong and not just where it is
// noticed. Of the branches of an anyOf or oneOf only the closest counts.
func causes(err *jsonschema.ValidationError) []*jsonschema.ValidationError {
	if len(err.Causes) == 0 {
		return []*jsonschema.ValidationError{err}
	}
	if k := lastSegment(err.KeywordLocation); k == "anyOf" || k == "oneOf" {
		return closestBranch(err.Causes)
	}
	var out []*jsonschema.ValidationError
	for _, c := range err.Causes {
		out = append(out, causes(c)...)
	}
	return out
}

// closestBranch is the branch that failed deepest in the value; of those, the one
// with the fewest problems.
func closestBranch(branches []*jsonschema.ValidationError) []*jsonschema.ValidationError {
	var best []*jsonschema.ValidationError
	bestDepth := -1
	for _, b := range branches {
		leaves := causes(b)
		depth := 0
		for _, l := range leaves {
			depth = max(depth, strings.Count(l.InstanceLocation, "/"))
		}
		if depth > bestDepth || depth == bestDepth && len(leaves) < len(best) {
			best, bestDepth = leaves, depth
		}
	}
	return best
}

func lastSegment(pointer string) string {
	return pointer[strings.LastIndexByte(pointer, '/')+1:]
}

// find follows a location of the library, a percent-escaped JSON pointer, and makes it
// the path.
func (e *explainer) find(location string) *text.Node {
	n := e.root
	e.path = nil
	for _, segment := range strings.Split(location, "/")[1:] {
		if s, err := url.PathUnescape(segment); err == nil {
			segment = s
		}
		segment = strings.ReplaceAll(strings.ReplaceAll(segment, "~1", "/"), "~0", "~")
		if n.Kind == text.KindArray {
			i, err := strconv.Atoi(segment)
			if err != nil || i >= len(n.Items) {
				return n
			}
			n = n.Items[i]
			e.path = append(e.path, step{item: i + 1})
		} else {
			value := n.Get(segment)
			if value == nil {
				return n
			}
			n = value
			e.path = append(e.path, step{key: segment})
		}
	}
	return n
}

var (
	typeMessage   = regexp.MustCompile(`^expected (.+), but got (\w+)$`)
	quotedWord    = regexp.MustCompile(`['"]((?:[^"'\\]|\\.)*)['"]`)
	formatMessage = regexp.MustCompile(`is not valid '(.*)'$`)
)

// explain adds the diagnostic of one leaf.
func (e *explainer) explain(leaf *jsonschema.ValidationError) {
	n := e.find(leaf.InstanceLocation)
	switch keyword := lastSegment(leaf.KeywordLocation); {
	case keyword == "type" && typeMessage.MatchString(leaf.Message):
		e.wrongType(n, strings.Split(typeMessage.FindStringSubmatch(leaf.Message)[1], " or "))
	case keyword == "enum" || keyword == "const":
		allowed := strings.TrimPrefix(leaf.Message, "value ")
		e.fail(n, allowed+foundText(n), wordHint(n, quoted(allowed)))
	case keyword == "required" && strings.HasPrefix(leaf.Message, "missing properties: "):
		e.lacks(n, quoted(leaf.Message))
	case keyword == "minItems" && len(n.Items) == 0, keyword == "minLength" && n.Text == "":
		e.fail(n, "must not be empty", "")
	case keyword == "format":
		name := "text of its format"
		if m := formatMessage.FindStringSubmatch(leaf.Message); m != nil {
			name = m[1]
		}
		e.fail(n, "is not a valid "+name, "")
	default:
		e.fail(n, libraryWording(keyword, leaf.Message), "")
	}
}

func quoted(message string) (words []string) {
	for _, m := range quotedWord.FindAllStringSubmatch(message, -1) {
		words = append(words, m[1])
	}
	return words
}

// libraryWording fits the library's messages behind a subject.
func libraryWording(keyword, message string) string {
	message = strings.ReplaceAll(message, "'", `"`)
	switch keyword {
	case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum":
		return strings.Replace(message, " but found ", ", not ", 1)
	case "minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength":
		return "does not fit " + keyword + ": " + message
	case "pattern":
		return message
	case "multipleOf":
		return "must be " + strings.Replace(message[strings.IndexByte(message, ' ')+1:], "not multipleOf", "a multiple of", 1)
	}
	return "is not valid: " + message
}

// wrongType reports a value of another type than those of JSON Schema in types.
func (e *explainer) wrongType(n *text.Node, types []string) bool {
	if e == nil {
		return false
	}
	names := make([]string, len(types))
	for i, t := range types {
		names[i] = article(t)
	}
	return e.fail(n, "must be "+listed(names, "or")+", not "+article(n.Kind.String()), e.typeHint(n, types))
}

// listed joins words for a message: "a, b or c".
func listed(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + conjunction + " " + words[len(words)-1]
}

// foundText is `, not "x"` for a short scalar.
func foundText(n *text.Node) string {
	switch n.Kind {
	case text.KindString:
		return ", not " + text.Quote(n.Text)
	case text.KindNumber, text.KindBool:
		return ", not " + n.Text
	}
	return ", not " + article(n.Kind.String())
}

func (e *explainer) typeHint(n *text.Node, types []string) string {
	wanted, name := types[0], ""
	if len(e.path) > 0 {
		name = e.path[len(e.path)-1].key
	}
	switch {
	case !e.hints:
		return ""
	case wanted == "string" && (n.Kind == text.KindNumber || n.Kind == text.KindBool):
		return "put it in quotes"
	case name == "required":
		return `list the names of required members in "required" of the object`
	case name == "items" && n.Kind == text.KindArray:
		return `write "prefixItems" for a tuple`
	case len(types) == 1 && (wanted == "integer" || wanted == "number" || wanted == "boolean") && n.Kind == text.KindString:
		if kind, _ := text.CoreScalar(n.Text); kind == text.KindNumber || kind == text.KindBool {
			return "remove the quotes"
		}
	case wanted == "object" && n.Kind == text.KindString && strings.ContainsAny(n.Text, "#/"):
		return "write {$ref: '" + text.Escape(n.Text) + "'}"
	}
	return ""
}

// pythonTypes are what people write for the types of JSON Schema.
var pythonTypes = map[string]string{
	"str": "string", "int": "integer", "float": "number", "bool": "boolean", "dict": "object", "list": "array",
	"None": "null", "double": "number", "long": "integer", "map": "object", "struct": "object", "date": "string",
	"publish": "send", "subscribe": "receive",
}

// otherWord reports a value that is not one of words.
func (e *explainer) otherWord(n *text.Node, words []string) bool {
	return e != nil && e.fail(n, `must be one of "`+strings.Join(words, `", "`)+`"`+foundText(n), wordHint(n, words))
}

func wordHint(n *text.Node, words []string) string {
	near := text.Nearest(n.Text, words)
	if other := pythonTypes[n.Text]; near == "" && slices.Contains(words, other) {
		near = other
	}
	return didYouMean(near)
}

// didYouMean is the hint for a name that may have been meant, "" for none.
func didYouMean(near string) string {
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", text.Quote(near))
}

// lacks reports those of the required members that an object lacks.
func (e *explainer) lacks(n *text.Node, required []string) bool {
	if e == nil {
		return false
	}
	var names []string
	for _, name := range required {
		if n.Lookup(name) == nil {
			names = append(names, text.Quote(name))
		}
	}
	switch {
	case len(names) == 0: // the library's quotes leave it open what they are
		return e.fail(n, "lacks a member that is required", "")
	case len(names) > 1:
		return e.fail(n, "lacks the members "+listed(names, "and"), "")
	}
	hint := ""
	switch {
	case !e.hints:
	case names[0] == `"$ref"`:
		hint = "refer to it, such as $ref: '#/channels/requests'"
	case names[0] == `"action"`:
		hint = `write action: receive for a method, action: send for an event`
	}
	return e.fail(n, "lacks the member "+names[0], hint)
}

// unknown reports a member that is not one of names.
func (e *explainer) unknown(m *text.Member, names []string) bool {
	if e != nil {
		hint := didYouMean(text.Nearest(m.Key, names))
		if hint == "" {
			hint = renamedMembers[m.Key]
		}
		e.diags.Add(m.KeyPos, e.code, fmt.Sprintf("%s has no member %s", e.named(e.path), text.Quote(m.Key)), hint)
	}
	return false
}

// renamedMembers are members of AsyncAPI 2 and of habits from elsewhere.
var renamedMembers = map[string]string{
	"publish":       "since AsyncAPI 3 this is an operation with action: receive",
	"subscribe":     "since AsyncAPI 3 this is an operation with action: send",
	"message":       `since AsyncAPI 3 this is "messages"`,
	"messageId":     "since AsyncAPI 3 the key of the message is its id",
	"operationId":   "since AsyncAPI 3 the key of the operation is its id",
	"schemaFormat":  `since AsyncAPI 3 it belongs in "payload", beside "schema"`,
	"deprecated":    `write it in "x-rpc"`,
	"idempotent":    `write it in "x-rpc"`,
	"timeout_ms":    `write it in "x-rpc"`,
	"on_disconnect": `write it in "x-rpc"`,
	"stream":        `write it in "x-rpc"`,
	"errors":        `write them in "x-rpc"`,
	"response":      `write "result"`,
	"returns":       `write "result"`,
	"request":       `write "params"`,
}
