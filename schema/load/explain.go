package load

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v5"

	"github.com/wsgen/wsgen/internal/text"
)

// explainer validates one value and puts what the library refuses into words of
// ours, at the place of the value that is wrong.
type explainer struct {
	profile *profile // nil for a schema of the user's
	root    *text.Node
	value   any // of root; made on first use
	diags   text.Diagnostics
	code    string // of the diagnostics, where profile is nil
	subject string // what root is called, where profile is nil
}

func (e *explainer) check(sch *jsonschema.Schema) {
	if e.value == nil && e.root.Kind != text.KindNull {
		e.value = e.root.Plain()
	}
	if e.profile != nil {
		e.code = e.profile.code
	}
	switch err := validateSafely(sch, e.value).(type) {
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

// instance is a value inside the root, with the member or item it is.
type instance struct {
	node    *text.Node
	at      text.Pos // of the value
	subject string   // how messages name it: `"minLength"`, `item 2 of "required"`
	name    string   // its key, "" for the root and for items
}

// find follows a location of the library: a JSON pointer, percent-escaped.
func (e *explainer) find(location string) instance {
	in := instance{node: e.root, at: e.root.Pos, subject: e.subject}
	if e.profile == manifestProfile {
		in.subject = "the manifest"
	} else if e.profile == schemaProfile {
		in.subject = "the schema"
	}
	for _, segment := range strings.Split(location, "/")[1:] {
		if s, err := url.PathUnescape(segment); err == nil {
			segment = s
		}
		segment = strings.ReplaceAll(strings.ReplaceAll(segment, "~1", "/"), "~0", "~")
		if in.node.Kind == text.KindArray {
			i, err := strconv.Atoi(segment)
			if err != nil || i >= len(in.node.Items) {
				return in
			}
			of := in.subject
			in = instance{node: in.node.Items[i], subject: fmt.Sprintf("item %d of %s", i+1, of)}
		} else {
			m := in.node.Lookup(segment)
			if m == nil {
				return in
			}
			in = instance{node: m.Value, subject: text.Quote(segment), name: segment}
		}
		in.at = in.node.Pos
	}
	return in
}

var (
	typeMessage = regexp.MustCompile(`^expected (.+), but got (\w+)$`)
	quotedWord  = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"`)
)

// explain adds the diagnostic of one leaf.
func (e *explainer) explain(leaf *jsonschema.ValidationError) {
	in := e.find(leaf.InstanceLocation)
	keyword := lastSegment(leaf.KeywordLocation)
	switch keyword {
	case "type":
		if m := typeMessage.FindStringSubmatch(leaf.Message); m != nil {
			e.add(in, "must be "+kinds(m[1])+", not "+article(m[2]), e.typeHint(in, m[1]))
			return
		}
	case "enum", "const", "pattern":
		allowed := strings.TrimPrefix(leaf.Message, "value ")
		if keyword == "pattern" {
			allowed = e.alternatives(in, leaf)
		}
		if allowed == "" {
			break
		}
		e.add(in, allowed+foundText(in.node), enumHint(in, allowed))
		return
	case "required":
		if e.missing(in, leaf) {
			return
		}
	case "additionalProperties":
		if e.unknown(in, leaf) {
			return
		}
	case "minItems":
		if len(in.node.Items) == 0 {
			e.add(in, "must not be empty", "")
			return
		}
	case "minLength":
		if in.node.Text == "" {
			e.add(in, "must not be empty", "")
			return
		}
	case "format":
		e.add(in, "is not a valid "+failedFormat(leaf.Message), "")
		return
	}
	e.add(in, libraryWording(keyword, leaf.Message), "")
}

// alternatives words a pattern of a profile, ^(a|b)$, as the enum that it is.
func (e *explainer) alternatives(in instance, leaf *jsonschema.ValidationError) string {
	pattern := e.keyword(leaf)
	if pattern == nil || pattern.Kind != text.KindString || in.node.Kind != text.KindString {
		return ""
	}
	words := strings.Trim(pattern.Text, "^()$")
	return `must be one of "` + strings.ReplaceAll(words, "|", `", "`) + `"`
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

var formatName = regexp.MustCompile(`is not valid '(.*)'$`)

func failedFormat(message string) string {
	if m := formatName.FindStringSubmatch(message); m != nil {
		return m[1]
	}
	return "text of its format"
}

func (e *explainer) add(in instance, message, hint string) {
	e.diags.Add(in.at, e.code, in.subject+" "+text.Escape(message), hint)
}

// kinds lists types for a message: "a string or null".
func kinds(list string) string {
	names := strings.Split(list, " or ")
	for i, n := range names {
		names[i] = article(n)
	}
	if len(names) > 2 {
		return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
	}
	return strings.Join(names, " or ")
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

func (e *explainer) typeHint(in instance, wanted string) string {
	switch {
	case e.profile == nil:
		return ""
	case strings.HasPrefix(wanted, "string") && (in.node.Kind == text.KindNumber || in.node.Kind == text.KindBool):
		return "put it in quotes"
	case in.name == "required":
		return `list the names of required members in "required" of the object`
	case in.name == "items" && in.node.Kind == text.KindArray:
		return `write "prefixItems" for a tuple`
	case (wanted == "integer" || wanted == "number" || wanted == "boolean") && in.node.Kind == text.KindString:
		if kind, _ := text.CoreScalar(in.node.Text); kind == text.KindNumber || kind == text.KindBool {
			return "remove the quotes"
		}
	case strings.HasPrefix(wanted, "object") && in.node.Kind == text.KindString && strings.ContainsAny(in.node.Text, "#/"):
		return "write {$ref: '" + text.Escape(in.node.Text) + "'}"
	}
	return ""
}

// pythonTypes are what people write for the types of JSON Schema.
var pythonTypes = map[string]string{
	"str": "string", "int": "integer", "float": "number", "bool": "boolean", "dict": "object", "list": "array",
	"None": "null", "double": "number", "long": "integer", "map": "object", "struct": "object", "date": "string",
	"publish": "send", "subscribe": "receive",
}

func enumHint(in instance, allowed string) string {
	var names []string
	for _, m := range quotedWord.FindAllStringSubmatch(allowed, -1) {
		names = append(names, m[1])
	}
	near := text.Nearest(in.node.Text, names)
	if other := pythonTypes[in.node.Text]; near == "" && other != "" && strings.Contains(allowed, strconv.Quote(other)) {
		near = other
	}
	if near == "" {
		return ""
	}
	return fmt.Sprintf("did you mean %s?", text.Quote(near))
}

// keyword returns the profile's node of the keyword that failed.
func (e *explainer) keyword(leaf *jsonschema.ValidationError) *text.Node {
	location, ok := strings.CutPrefix(leaf.AbsoluteKeywordLocation, "wsgen:///")
	if e.profile == nil || !ok {
		return nil
	}
	_, pointer, _ := strings.Cut(location, "#")
	at := &explainer{root: e.profile.root}
	return at.find(pointer).node
}

// missing names the required members that an object lacks.
func (e *explainer) missing(in instance, leaf *jsonschema.ValidationError) bool {
	required := e.keyword(leaf)
	var names []string
	if required != nil && required.Kind == text.KindArray {
		for _, r := range required.Items {
			if in.node.Lookup(r.Text) == nil {
				names = append(names, text.Quote(r.Text))
			}
		}
	} else if list, ok := strings.CutPrefix(leaf.Message, "missing properties: "); ok {
		for _, n := range strings.Split(list, ", ") {
			names = append(names, `"`+strings.Trim(n, "'")+`"`)
		}
	}
	switch len(names) {
	case 0:
		return false
	case 1:
		e.add(in, "lacks the member "+names[0], e.missingHint(names[0]))
	default:
		e.add(in, "lacks the members "+strings.Join(names[:len(names)-1], ", ")+" and "+names[len(names)-1], "")
	}
	return true
}

func (e *explainer) missingHint(name string) string {
	if e.profile == nil {
		return ""
	}
	switch {
	case name == `"$ref"`:
		return "refer to it, such as $ref: '#/channels/requests'"
	case name == `"action"`:
		return `write action: receive for a method, action: send for an event`
	}
	return ""
}

// unknown reports each member that the profile does not have.
func (e *explainer) unknown(in instance, leaf *jsonschema.ValidationError) bool {
	location := strings.TrimSuffix(leaf.AbsoluteKeywordLocation, "/additionalProperties")
	parent := *leaf
	parent.AbsoluteKeywordLocation = location
	sch := e.keyword(&parent)
	if sch == nil {
		return false
	}
	known := memberKeys(sch.Get("properties"))
	for _, m := range in.node.Members {
		if strings.HasPrefix(m.Key, "x-") || sch.Get("properties").Lookup(m.Key) != nil {
			continue
		}
		hint := ""
		if near := text.Nearest(m.Key, known); near != "" {
			hint = fmt.Sprintf("did you mean %s?", text.Quote(near))
		} else if old := renamedMembers[m.Key]; old != "" {
			hint = old
		}
		e.diags.Add(m.KeyPos, e.code, fmt.Sprintf("%s has no member %s", in.subject, text.Quote(m.Key)), hint)
	}
	return true
}

// renamedMembers are members of AsyncAPI 2 and of habits from elsewhere.
var renamedMembers = map[string]string{
	"publish":      "since AsyncAPI 3 this is an operation with action: receive",
	"subscribe":    "since AsyncAPI 3 this is an operation with action: send",
	"message":      `since AsyncAPI 3 this is "messages"`,
	"messageId":    "since AsyncAPI 3 the key of the message is its id",
	"operationId":  "since AsyncAPI 3 the key of the operation is its id",
	"schemaFormat": `since AsyncAPI 3 it belongs in "payload", beside "schema"`,
	"deprecated":   `write it in "x-rpc"`,
	"idempotent":   `write it in "x-rpc"`,
	"timeout_ms":   `write it in "x-rpc"`,
	"errors":       `write them in "x-rpc"`,
	"response":     `write "result"`,
	"returns":      `write "result"`,
	"request":      `write "params"`,
}
