package load

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"net/url"
	"path"
	"slices"
	"strings"
	"syscall"

	"github.com/wsgen/wsgen/internal/text"
)

// stdinName is what "-" is called in diagnostics.
const stdinName = "<stdin>"

// documents are the files of one run: each is read and parsed once, and
// references are resolved across them. Not safe for concurrent use.
type documents struct {
	read   func(name string) ([]byte, error) // name is a slash path, or "-"
	prefix string                            // of the names in problems
	list   func(dir string) []string         // file names of a folder, for hints; may be nil
	diags  *text.Diagnostics

	byName   map[string]*document
	bySource map[*text.Source]*document
	ids      map[string]*resource // by absolute "$id"
	openapi  []*document          // of addOpenAPI

	resolved map[refKey]target
	reported map[text.Pos]bool // references that failed, and were reported
	searches int               // for names that may have been meant, so far
	cyclic   map[*text.Node]bool

	neighbours map[string]map[string]string // the files of folders that were searched, by their "$id"s

	big map[*text.Node]map[string]*text.Node // members of big objects by key
}

// fork returns a copy for another goroutine: it shares what has been read, and
// neither changes d nor reports to its diagnostics.
func (d *documents) fork(diags *text.Diagnostics) *documents {
	c := openDocuments(d.read, diags)
	c.list, c.openapi = d.list, d.openapi
	c.byName, c.bySource, c.ids = maps.Clone(d.byName), maps.Clone(d.bySource), maps.Clone(d.ids)
	c.reported = maps.Clone(d.reported)
	return c
}

// document is one file. root is nil where it could not be read or parsed.
type document struct {
	name   string
	root   *text.Node
	err    error // why it could not be read; nil where it did not parse
	scopes []*scope

	// exactRequired: the document says of itself that `required` lists exactly the
	// members that a server always sends.
	exactRequired bool
}

// alwaysSent is the value of x-required that says so.
const alwaysSent = "always-sent"

// openDocuments returns an empty set that reads files with read and reports to diags.
func openDocuments(read func(name string) ([]byte, error), diags *text.Diagnostics) *documents {
	return &documents{
		read: read, diags: diags,
		byName: map[string]*document{}, bySource: map[*text.Source]*document{}, ids: map[string]*resource{},
		resolved: map[refKey]target{}, reported: map[text.Pos]bool{}, cyclic: map[*text.Node]bool{},
		big: map[*text.Node]map[string]*text.Node{}, neighbours: map[string]map[string]string{},
	}
}

// open returns the root of a document, or nil after a diagnostic. name is a
// slash path relative to the working directory; "-" is standard input. from is
// the reference that names it, or the zero Pos.
func (d *documents) open(name string, from text.Pos) *text.Node {
	doc := d.load(name, draft2020)
	if doc.err != nil {
		d.reportUnreadable(doc, from)
	}
	return doc.root
}

// load reads and parses a document once. It reports syntax errors only. in is the dialect of
// who refers to it first, which counts where the document does not say its own.
func (d *documents) load(name string, in dialect) *document {
	shown := stdinName
	if name != "-" {
		name = path.Clean(name)
		shown = name
	}
	if doc := d.byName[name]; doc != nil {
		return doc
	}
	doc := &document{name: shown}
	d.byName[name] = doc
	data, err := d.read(name)
	if err == nil && len(data) > math.MaxInt32 {
		err = errTooLarge
	}
	if err != nil {
		doc.err = err
		return doc
	}
	src := &text.Source{Name: d.prefix + shown, Data: data}
	d.bySource[src] = doc
	root, problems := text.ParseDocument(src)
	if root == nil && problems[0].Code == text.EmptyDocument {
		problems[0].Hint = "a manifest begins with asyncapi: 3.1.0"
	}
	*d.diags = append(*d.diags, problems...)
	doc.root = root
	if root != nil {
		doc.exactRequired = root.GetString("x-required") == alwaysSent
		d.index(doc, in)
	}
	return doc
}

var errTooLarge = errors.New("larger than 2 GiB")

// reportUnreadable says at from, once, why doc could not be read.
func (d *documents) reportUnreadable(doc *document, from text.Pos) {
	if !from.IsValid() || !d.reported[from] {
		d.reported[from] = true
		list := d.list
		if !d.search() {
			list = nil
		}
		diag := Unreadable(doc.name, doc.err, list)
		diag.Pos = from
		*d.diags = append(*d.diags, diag)
	}
}

// Refused is an error of [Options].Read: the file is there, or may be, and is not read.
type Refused struct{ Code, Message, Hint string }

func (r *Refused) Error() string { return r.Message }

// Unreadable returns the diagnostic for a file that could not be read. list is as in
// [Options].
func Unreadable(file string, err error, list func(dir string) []string) text.Diagnostic {
	diag := text.Diagnostic{File: file}
	name := text.Quote(file)
	var refused *Refused
	switch {
	case errors.As(err, &refused):
		diag.Code, diag.Message, diag.Hint = refused.Code, refused.Message, refused.Hint
	case errors.Is(err, fs.ErrNotExist):
		diag.Code, diag.Message = "file-not-found", "no such file: "+name
		diag.Hint = nearFile(file, list)
		if strings.Contains(file, `\`) {
			diag.Hint = `separate folders with "/"`
		}
	case isDirectory(err):
		diag.Code, diag.Message = "not-a-file", name+" is a folder"
		diag.Hint = "name a file in it"
	case errors.Is(err, fs.ErrPermission):
		diag.Code, diag.Message = "permission-denied", "no permission to read "+name
	default:
		diag.Code, diag.Message = "unreadable-file", fmt.Sprintf("cannot read %s: %s", name, rootCause(err))
	}
	return diag
}

func isDirectory(err error) bool {
	return errors.Is(err, syscall.EISDIR) || strings.Contains(err.Error(), "is a directory")
}

// rootCause drops the operation and the path, which the message has already.
func rootCause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
	}
	return text.Escape(err.Error())
}

// nearFile is a "did you mean" over the files of the same folder.
func nearFile(name string, list func(dir string) []string) string {
	if list == nil {
		return ""
	}
	dir := path.Dir(name)
	near := text.Nearest(path.Base(name), list(dir))
	if near == "" {
		return ""
	}
	return didYouMean(path.Join(dir, near))
}

// maxSearches bounds for how many problems a name is searched that may have been meant:
// each search looks at every name there is. More are not shown on a terminal.
const maxSearches = 50

func (d *documents) search() bool {
	d.searches++
	return d.searches <= maxSearches
}

// resource is what has a URI: a whole document, or a schema with an "$id" of its own.
// References in it are relative to that.
type resource struct {
	doc     *document
	root    *text.Node
	uri     *url.URL // of a document without "$id": its path
	anchors map[string]target
}

// scope is a stretch of a document in which all schemas are of one resource and one dialect.
type scope struct {
	*resource
	dialect    dialect
	outer      *scope // nil for the document
	start, end int32  // offsets in the document
}

// index finds the "$id"s, anchors and dialects of a document; in is the one around it.
func (d *documents) index(doc *document, in dialect) {
	whole := &scope{
		resource: &resource{doc: doc, root: doc.root, uri: &url.URL{Path: doc.name}},
		dialect:  documentDialect(doc.root, in), end: math.MaxInt32,
	}
	doc.scopes = []*scope{whole}
	if !whole.isMixed() {
		return
	}
	ix := &indexer{d: d, doc: doc}
	ix.schema(doc.root, whole, doc.stem())
	slices.SortStableFunc(doc.scopes, func(a, b *scope) int { return cmp.Compare(a.start, b.start) })
}

// isMixed tells whether the text of a whole document has a keyword that opens a scope or an anchor.
func (s *scope) isMixed() bool {
	data := s.root.Pos.Src.Data
	for _, keyword := range []string{s.dialect.idKeyword(), "$anchor", "$dynamicAnchor", "schemaFormat"} {
		if bytes.Contains(data, []byte(keyword)) {
			return true
		}
	}
	own := 0
	if s.root.Get("$schema") != nil {
		own = 1
	}
	return bytes.Count(data, []byte("$schema")) > own
}

// stem is the file's base name without its extension.
func (doc *document) stem() string {
	base := path.Base(doc.name)
	if doc.name == stdinName {
		return "stdin"
	}
	return strings.TrimSuffix(base, path.Ext(base))
}

// scopeAt returns the innermost resource around an offset.
func (doc *document) scopeAt(off int32) *scope {
	i, _ := slices.BinarySearchFunc(doc.scopes, off, func(s *scope, off int32) int { return cmp.Or(cmp.Compare(s.start, off), -1) })
	for s := doc.scopes[i-1]; ; s = s.outer {
		if off < s.end || s.outer == nil {
			return s
		}
	}
}

// indexer walks a document for "$id", "$anchor" and "$dynamicAnchor".
type indexer struct {
	d   *documents
	doc *document
}

// indexed marks values that were walked: several aliases may share one.
const indexed = -1

// instanceKeywords hold values, not schemas: what looks like "$id" in them is data.
var instanceKeywords = map[string]bool{
	"const": true, "enum": true, "default": true, "example": true, "examples": true,
}

// nameKeywords hold members whose keys are names, never keywords.
var nameKeywords = map[string]bool{
	"properties": true, "patternProperties": true, "$defs": true, "definitions": true, "dependentSchemas": true,
	"schemas": true, "messages": true, "channels": true, "operations": true, "methods": true, "events": true,
}

// schema indexes n and what is in it. key is the nearest definition's name.
func (ix *indexer) schema(n *text.Node, sc *scope, key string) (end int32) {
	end = n.Pos.Off + max(n.Pos.Len, 1)
	if n.Mark == indexed {
		return end
	}
	if n.Kind == text.KindArray {
		n.Mark = indexed
		for _, item := range n.Items {
			end = max(end, ix.schema(item, sc, key))
		}
	}
	if n.Kind != text.KindObject {
		return end
	}
	n.Mark = indexed
	outer := sc
	sc = ix.within(n, sc, dialectOf(n, sc.dialect))
	if id := n.Get(sc.dialect.idKeyword()); id != nil && id.Kind == text.KindString && (n.Get("$ref") == nil || !sc.dialect.refStandsAlone()) {
		sc = ix.enter(n, id, sc, key)
	}
	for _, k := range []string{"$anchor", "$dynamicAnchor"} {
		if a := n.GetString(k); a != "" {
			sc.anchor(a, target{n, key})
		}
	}
	format, formatted := multiFormat(n)
	for _, m := range n.Members {
		switch {
		case instanceKeywords[m.Key]:
		case m.Value == formatted:
			in, _ := formatDialect(format.Text, sc.dialect)
			inner := ix.within(formatted, sc, in)
			end = max(end, ix.schema(formatted, inner, key))
			inner.close(end, sc)
		case nameKeywords[m.Key] && m.Value.Kind == text.KindObject:
			end = max(end, ix.names(m.Value, sc, key, m.Key != "properties" && m.Key != "patternProperties"))
		default:
			end = max(end, ix.schema(m.Value, sc, key))
		}
	}
	sc.close(end, outer)
	return end
}

// within returns the scope of n where its dialect is the given one: that around it where that
// is the same.
func (ix *indexer) within(n *text.Node, around *scope, in dialect) *scope {
	if in == around.dialect || n == ix.doc.root {
		return around
	}
	inner := &scope{resource: around.resource, outer: around, dialect: in, start: n.Pos.Off, end: math.MaxInt32}
	ix.doc.scopes = append(ix.doc.scopes, inner)
	return inner
}

// close ends a scope and those around it, up to but without outer.
func (s *scope) close(end int32, outer *scope) {
	for ; s != outer; s = s.outer {
		s.end = end
	}
}

func (ix *indexer) names(n *text.Node, sc *scope, key string, definitions bool) (end int32) {
	for _, m := range n.Members {
		if definitions {
			key = m.Key
		}
		end = max(end, ix.schema(m.Value, sc, key))
	}
	return end
}

func (s *resource) anchor(name string, t target) {
	if s.anchors == nil {
		s.anchors = map[string]target{}
	}
	if _, taken := s.anchors[name]; !taken {
		s.anchors[name] = t
	}
}

// enter returns the scope that the "$id" of n opens: sc itself for the root of
// a document, and for the fragment-only "$id" of old drafts, which is an anchor.
func (ix *indexer) enter(n, id *text.Node, sc *scope, key string) *scope {
	if name, ok := strings.CutPrefix(id.Text, "#"); ok {
		sc.anchor(name, target{n, key})
		return sc
	}
	u, err := url.Parse(id.Text)
	if err != nil {
		ix.d.diags.Add(id.Pos, "invalid-id", fmt.Sprintf("the $id %s is not a URI", text.Quote(id.Text)), "")
		return sc
	}
	u.Fragment, u.RawFragment = "", ""
	in := sc
	if n == ix.doc.root {
		in.uri = sc.uri.ResolveReference(u)
	} else {
		own := &resource{doc: ix.doc, root: n, uri: sc.uri.ResolveReference(u)}
		in = &scope{resource: own, outer: sc, dialect: sc.dialect, start: n.Pos.Off, end: math.MaxInt32}
		ix.doc.scopes = append(ix.doc.scopes, in)
	}
	if _, taken := ix.d.ids[in.uri.String()]; !taken {
		ix.d.ids[in.uri.String()] = in.resource
	}
	return in
}
