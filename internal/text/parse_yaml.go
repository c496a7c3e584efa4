package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/big"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// ParseDocument is [Parse] for a file of which nothing may be shown unless it is a
// document, which is an object: it may hold a password, and be named by somebody else
// than its owner.
func ParseDocument(src *Source) (*Node, Diagnostics) {
	root, diags := Parse(src)
	switch {
	case root != nil:
		src.hidden = root.Kind != KindObject
	case diags[0].Code != EmptyDocument && !beginsAsObject.Match(src.Data):
		src.hidden = true
		if diags[0].Code != invalidUTF8 {
			diags = nil
			diags.Add(Pos{Src: src}, "not-a-document", "this is not a JSON or YAML document", "a document begins with a key, as in asyncapi: 3.1.0")
		}
	}
	return root, diags
}

// beginsAsObject matches what is an object as far as its first key tells.
var beginsAsObject = regexp.MustCompile(`^(?:\x{feff}|\s|(?:#|//|%).*\n|---)*(?:\{|(?:[^\s"':{}\[\],&*!|>%@#]+|"[^"\n]*"|'[^'\n]*')[ \t]*:\s)`)

// Parse reads a document as its name's extension says; standard input and other
// names are JSON where the first byte that is not a space opens a JSON value.
func Parse(src *Source) (*Node, Diagnostics) {
	switch strings.ToLower(path.Ext(src.Name)) {
	case ".json":
		return ParseJSON(src)
	case ".yaml", ".yml":
		return ParseYAML(src)
	}
	start := bytes.TrimLeft(bytes.TrimPrefix(src.Data, utf8BOM), " \t\r\n")
	if len(start) > 0 && (start[0] == '{' || start[0] == '[') {
		return ParseJSON(src)
	}
	return ParseYAML(src)
}

// EmptyDocument is the code of the diagnostic for a document without a value.
const EmptyDocument = "empty-document"

// ParseYAML reads one YAML document. Plain scalars follow the core schema of
// YAML 1.2, aliases share the node of their anchor, and the merge key "<<" of
// YAML 1.1 is supported, since hand-written documents use it.
func ParseYAML(src *Source) (root *Node, diags Diagnostics) {
	if !checkEncoding(src, &diags) {
		return nil, diags
	}
	doc, err := decodeYAML(bytes.NewReader(src.Data))
	c := &yamlReader{
		src: src, table: newYAMLLines(src.Data), limit: 100_000 + 4*len(src.Data),
		anchors: map[*yaml.Node]*yamlAnchor{},
	}
	switch {
	case errors.Is(err, errYAMLStream):
		c.diags.Add(c.pos(doc, 0), "several-documents", "a second YAML document begins here",
			`keep one document a file; remove the "---"`)
		return nil, c.diags
	case err != nil:
		c.explain(err)
		return nil, c.diags
	case doc == nil || len(doc.Content) == 0 || isEmptyYAML(doc.Content[0]):
		c.diags.Add(Pos{Src: src}, EmptyDocument, "the document is empty", "")
		return nil, c.diags
	}
	root, _ = c.convert(doc.Content[0], 1)
	if c.stopped {
		return nil, c.diags
	}
	return root, c.diags
}

// errYAMLStream tells that a stream holds more than one document.
var errYAMLStream = errors.New("several documents")

// decodeYAML runs the library, whose panics become errors. A nil node is an
// empty stream; with errYAMLStream the node is the second document.
func decodeYAML(r io.Reader) (doc *yaml.Node, err error) {
	defer func() {
		if v := recover(); v != nil {
			doc, err = nil, fmt.Errorf("yaml: the YAML library failed: %v", v)
		}
	}()
	dec := yaml.NewDecoder(r)
	first := new(yaml.Node)
	if err := dec.Decode(first); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	second := new(yaml.Node)
	switch err := dec.Decode(second); {
	case errors.Is(err, io.EOF):
		return first, nil
	case err != nil:
		return nil, err
	}
	return second, errYAMLStream
}

func isEmptyYAML(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && n.Style == 0 && n.Anchor == "" && isCoreNull(n.Value)
}

// yamlReader turns the library's nodes into ours.
type yamlReader struct {
	src     *Source
	table   *yamlLines
	diags   Diagnostics
	anchors map[*yaml.Node]*yamlAnchor
	total   int // nodes so far, aliases expanded
	limit   int // of total
	stopped bool
}

// yamlAnchor is an anchored node: being read while node is nil.
type yamlAnchor struct {
	node *Node
	size yamlSize
}

// yamlSize measures a subtree with its aliases expanded.
type yamlSize struct{ nodes, height int }

func (c *yamlReader) stop(pos Pos, code, message, hint string) (*Node, yamlSize) {
	if !c.stopped {
		c.stopped = true
		c.diags.Add(pos, code, message, hint)
	}
	return &Node{Pos: pos}, yamlSize{1, 1}
}

// convert returns n as a Node of ours. It never returns nil: what is wrong
// becomes a diagnostic and null.
func (c *yamlReader) convert(n *yaml.Node, depth int) (*Node, yamlSize) {
	if c.stopped {
		return &Node{}, yamlSize{1, 1}
	}
	if depth > MaxDepth {
		return c.stop(c.pos(n, 0), "nesting-too-deep", fmt.Sprintf("nested deeper than %d levels", MaxDepth), "")
	}
	if n.Kind == yaml.AliasNode {
		return c.alias(n, depth)
	}
	var a *yamlAnchor
	if n.Anchor != "" {
		a = &yamlAnchor{}
		c.anchors[n] = a
	}
	c.total++
	out, size := c.content(n, depth)
	if a != nil {
		a.node, a.size = out, size
	}
	return out, size
}

func (c *yamlReader) content(n *yaml.Node, depth int) (*Node, yamlSize) {
	switch n.Kind {
	case yaml.MappingNode:
		c.checkTag(n, "!!map")
		return c.mapping(n, depth)
	case yaml.SequenceNode:
		c.checkTag(n, "!!seq")
		return c.sequence(n, depth)
	}
	return c.scalar(n), yamlSize{1, 1}
}

func (c *yamlReader) alias(n *yaml.Node, depth int) (*Node, yamlSize) {
	a := c.anchors[n.Alias]
	pos := c.pos(n, len(n.Value)+1)
	if a == nil || a.node == nil {
		return c.stop(pos, "alias-cycle", fmt.Sprintf("the alias *%s contains itself", Escape(n.Value)),
			"write the value out where the alias stands")
	}
	c.total += a.size.nodes
	if c.total > c.limit {
		return c.stop(pos, "alias-expansion", fmt.Sprintf("aliases expand this document to more than %d values", c.limit),
			"use fewer aliases of aliases")
	}
	if depth+a.size.height > MaxDepth {
		return c.stop(pos, "nesting-too-deep", fmt.Sprintf("nested deeper than %d levels", MaxDepth), "")
	}
	return a.node, a.size
}

func (c *yamlReader) sequence(n *yaml.Node, depth int) (*Node, yamlSize) {
	out := &Node{Kind: KindArray, Pos: c.pos(n, 1)}
	size := yamlSize{1, 1}
	if len(n.Content) > 0 {
		out.Items = make([]*Node, 0, len(n.Content))
	}
	for _, item := range n.Content {
		v, s := c.convert(item, depth+1)
		size = size.with(s)
		out.Items = append(out.Items, v)
	}
	return out, size
}

func (s yamlSize) with(child yamlSize) yamlSize {
	return yamlSize{s.nodes + child.nodes, max(s.height, child.height+1)}
}

func (c *yamlReader) mapping(n *yaml.Node, depth int) (*Node, yamlSize) {
	out := &Node{Kind: KindObject, Pos: c.pos(n, 1)}
	size := yamlSize{1, 1}
	members := make([]Member, 0, len(n.Content)/2)
	merged := map[int]*Node{} // by the place in members where "<<" stood
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		keyPos := c.pos(k, scalarLen)
		if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
			value, s := c.convert(v, depth+1)
			size = size.with(s)
			merged[len(members)] = value
			members = append(members, Member{Key: "<<", KeyPos: keyPos, Value: value})
			continue
		}
		key, ok := c.key(k)
		value, s := c.convert(v, depth+1)
		size = size.with(s)
		if ok {
			members = append(members, Member{Key: key, KeyPos: keyPos, Value: value})
		}
	}
	if len(merged) > 0 {
		members = c.merge(members, merged)
	}
	if !(&keyTable{}).unique(members) {
		members = dropDuplicates(members, &c.diags)
	}
	if len(members) > 0 {
		out.Members = members
	}
	return out, size
}

// merge puts the members of each "<<" value where "<<" stood. Keys of the
// mapping itself win over merged ones, and earlier merged ones over later.
func (c *yamlReader) merge(members []Member, merged map[int]*Node) []Member {
	taken := map[string]bool{}
	for i, m := range members {
		if merged[i] == nil {
			taken[m.Key] = true
		}
	}
	var out []Member
	for i, m := range members {
		value := merged[i]
		if value == nil {
			out = append(out, m)
			continue
		}
		mappings := []*Node{value}
		if value.Kind == KindArray {
			mappings = value.Items
		}
		for _, mapping := range mappings {
			if mapping.Kind != KindObject {
				c.diags.Add(m.KeyPos, "invalid-yaml", `the merge key "<<" needs a mapping or a list of mappings`,
					`write '"<<"' where a key of that name is meant`)
				break
			}
			for _, pm := range mapping.Members {
				if !taken[pm.Key] {
					taken[pm.Key] = true
					out = append(out, pm)
				}
			}
		}
	}
	return out
}

// key returns the text of a mapping's key.
func (c *yamlReader) key(k *yaml.Node) (string, bool) {
	if k.Kind == yaml.AliasNode && k.Alias.Kind == yaml.ScalarNode {
		k = k.Alias
	}
	if k.Kind != yaml.ScalarNode {
		c.diags.Add(c.pos(k, 1), "invalid-yaml", "a key must be text, not a mapping or a list", "put the key in quotes")
		return "", false
	}
	if k.Anchor != "" && c.anchors[k] == nil {
		c.convert(k, 1)
	}
	return k.Value, true
}

func (c *yamlReader) scalar(n *yaml.Node) *Node {
	out := &Node{Kind: KindString, Text: n.Value, Pos: c.pos(n, scalarLen)}
	explicit := n.Style&yaml.TaggedStyle != 0
	plain := n.Style&^yaml.TaggedStyle == 0
	tag := ""
	if explicit {
		tag = n.Tag
	}
	switch tag {
	case "":
		if plain && !c.bangTag(n) {
			out.Kind, out.Text = CoreScalar(n.Value)
		}
	case "!!str":
	case "!!int", "!!float", "!!bool", "!!null":
		want := map[string]Kind{"!!int": KindNumber, "!!float": KindNumber, "!!bool": KindBool, "!!null": KindNull}[tag]
		if out.Kind, out.Text = CoreScalar(n.Value); out.Kind != want ||
			tag == "!!int" && strings.ContainsAny(out.Text, ".eE") {
			c.diags.Add(out.Pos, "invalid-yaml", fmt.Sprintf("%s is not a valid %s", Quote(n.Value), tag), "")
			return &Node{Kind: KindNull, Pos: out.Pos}
		}
	default:
		c.unknownTag(n)
	}
	switch {
	case out.Kind == KindNumber && out.Text == "":
		c.diags.Add(out.Pos, "invalid-yaml", fmt.Sprintf("%s has no form in JSON", n.Value), "write null, or put it in quotes")
		out.Kind = KindNull
	case out.Kind == KindNumber && hugeExponent(out.Text):
		c.diags.Add(out.Pos, "number-out-of-range", "the exponent of this number is out of range", "")
	case out.Kind == KindNull:
		out.Text = ""
	}
	return out
}

// bangTag tells whether a plain scalar carries the tag "!", which means text.
func (c *yamlReader) bangTag(n *yaml.Node) bool {
	off := int(c.pos(n, 0).Off)
	return off+1 < len(c.src.Data) && c.src.Data[off] == '!' && n.Value != "" && c.src.Data[off+1] <= ' '
}

func (c *yamlReader) checkTag(n *yaml.Node, want string) {
	if n.Style&yaml.TaggedStyle != 0 && n.Tag != want {
		c.unknownTag(n)
	}
}

func (c *yamlReader) unknownTag(n *yaml.Node) {
	c.diags.Add(c.pos(n, 0), "invalid-yaml", fmt.Sprintf("the tag %s has no meaning here", Escape(n.Tag)), "remove the tag")
}

func isCoreNull(s string) bool {
	return s == "" || s == "~" || s == "null" || s == "Null" || s == "NULL"
}

// CoreScalar resolves a plain scalar as YAML 1.2's core schema does. The text of
// a number is what JSON would write; it is empty for infinity and NaN.
func CoreScalar(s string) (Kind, string) {
	switch s {
	case "", "~", "null", "Null", "NULL":
		return KindNull, ""
	case "true", "True", "TRUE":
		return KindBool, "true"
	case "false", "False", "FALSE":
		return KindBool, "false"
	case ".nan", ".NaN", ".NAN":
		return KindNumber, ""
	}
	if text, ok := coreNumber(s); ok {
		return KindNumber, text
	}
	return KindString, s
}

// coreNumber returns the JSON text of a core schema number.
func coreNumber(s string) (string, bool) {
	if strings.HasPrefix(s, "0o") || strings.HasPrefix(s, "0x") {
		base := 8
		if s[1] == 'x' {
			base = 16
		}
		v, ok := new(big.Int).SetString(s[2:], base)
		if !ok || strings.ContainsAny(s[2:], "+-_") || len(s) > 1000 {
			return "", false
		}
		return v.String(), true
	}
	switch strings.TrimLeft(s[:1], "+-") + s[1:] {
	case ".inf", ".Inf", ".INF":
		return "", true
	}
	if strings.IndexByte("+-.0123456789", s[0]) < 0 {
		return "", false // most are words
	}
	m := decimalNumber.FindStringSubmatch(s)
	if m == nil || m[2]+strings.Trim(m[3], ".") == "" {
		return "", false
	}
	whole, fraction := strings.TrimLeft(m[2], "0"), m[3]
	if whole == "" {
		whole = "0"
	}
	if fraction == "." {
		fraction = ".0"
	}
	return strings.Trim(m[1], "+") + whole + fraction + m[4], true
}

// decimalNumber has the sign, the whole number, the fraction and the exponent.
var decimalNumber = regexp.MustCompile(`^([-+]?)([0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?$`)

// hugeExponent tells whether a number is so far from 1 that computing with it
// exactly would exhaust the memory.
func hugeExponent(text string) bool {
	i := strings.IndexAny(text, "eE")
	return i >= 0 && len(strings.TrimLeft(text[i+1:], "+-0")) > 4
}

// scalarLen asks pos to measure the scalar in the document.
const scalarLen = -1

// pos is the place of n with the length given, or the length of its text.
func (c *yamlReader) pos(n *yaml.Node, length int) Pos {
	off := c.table.offset(n.Line, n.Column)
	if length == scalarLen {
		length = yamlScalarLen(c.src.Data[off:], n)
	}
	return Pos{Src: c.src, Off: int32(off), Len: int32(length)}
}

// yamlScalarLen is the length of the scalar at the start of data: to the end of
// its text on the first line.
func yamlScalarLen(data []byte, n *yaml.Node) int {
	if n.Kind == yaml.ScalarNode && n.Style == 0 && n.Anchor == "" {
		if bytes.HasPrefix(data, []byte(n.Value)) && !strings.Contains(n.Value, "\n") {
			return len(n.Value)
		}
		return 0
	}
	if len(data) == 0 || data[0] != '"' && data[0] != '\'' {
		return 0
	}
	quote := data[0]
	for i := 1; i < len(data) && data[i] != '\n'; i++ {
		switch {
		case data[i] == '\\' && quote == '"':
			i++
		case data[i] == quote && quote == '\'' && i+1 < len(data) && data[i+1] == quote:
			i++
		case data[i] == quote:
			return i + 1
		}
	}
	return 0
}
