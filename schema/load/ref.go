package load

import (
	"fmt"
	"net/url"
	"path"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
)

// target is what a reference leads to. Key names it: the last segment of the
// pointer, the definition around an anchor, or the file's name for a whole document.
type target struct {
	Node *text.Node
	Key  string
}

// refKey is a reference as it can be cached: its text means the same everywhere
// in one resource.
type refKey struct {
	from *resource
	text string
}

// maxHops bounds how many references one pointer may cross.
const maxHops = 32

// resolve returns what a "$ref" leads to; ref is the node of its text. Where it
// leads nowhere, that is reported once and ok is false.
func (d *documents) resolve(ref *text.Node) (t target, ok bool) {
	return d.resolveHop(ref, 0)
}

func (d *documents) resolveHop(ref *text.Node, hops int) (target, bool) {
	if ref.Kind != text.KindString {
		d.refError(ref, "invalid-ref", fmt.Sprintf(`"$ref" must be a string, not %s`, article(ref.Kind.String())), "")
		return target{}, false
	}
	doc := d.bySource[ref.Pos.Src]
	if doc == nil || doc.root == nil || d.reported[ref.Pos] {
		return target{}, false
	}
	from := doc.scopes[0]
	if len(doc.scopes) > 1 {
		from = doc.scopeAt(ref.Pos.Off)
	}
	key := refKey{from.resource, ref.Text}
	if t, ok := d.resolved[key]; ok {
		return t, true
	}
	t, ok := d.find(ref, from, hops)
	if ok {
		d.resolved[key] = t
	}
	return t, ok
}

// refError reports a reference that fails, once each place.
func (d *documents) refError(ref *text.Node, code, message, hint string) {
	if d.reported[ref.Pos] {
		return
	}
	d.reported[ref.Pos] = true
	d.diags.Add(ref.Pos, code, message, hint)
}

func article(noun string) string {
	if strings.IndexByte("aeiou", noun[0]) >= 0 {
		return "an " + noun
	}
	if noun == "null" {
		return noun
	}
	return "a " + noun
}

// find resolves without the cache.
func (d *documents) find(ref *text.Node, from *scope, hops int) (target, bool) {
	file, fragment, _ := strings.Cut(ref.Text, "#")
	sc := from.resource
	if file != "" {
		if sc = d.findResource(ref, file, from); sc == nil {
			return target{}, false
		}
	}
	decoded, err := url.PathUnescape(fragment)
	if err != nil {
		d.refError(ref, "invalid-ref", fmt.Sprintf("bad percent escape in %s", text.Quote(ref.Text)), `write "%25" for a percent sign`)
		return target{}, false
	}
	switch {
	case decoded == "":
		return target{sc.root, d.resourceName(sc)}, true
	case decoded[0] != '/':
		return d.findAnchor(ref, sc, decoded)
	}
	return d.findPointer(ref, sc, file, decoded, hops)
}

// resourceName names a whole resource: the definition's key is not known here, so
// an embedded one has the last segment of its "$id".
func (d *documents) resourceName(sc *resource) string {
	if sc == sc.doc.scopes[0].resource {
		return sc.doc.stem()
	}
	base := path.Base(sc.uri.Path)
	return strings.TrimSuffix(base, path.Ext(base))
}

// findResource finds the resource that the part before "#" names: one that
// declares it as its "$id", else a file.
func (d *documents) findResource(ref *text.Node, file string, from *scope) *resource {
	u, err := url.Parse(file)
	if err != nil {
		return d.findFile(ref, file, from, nil)
	}
	uri := from.uri.ResolveReference(u)
	if found := d.ids[uri.String()]; found != nil {
		return found
	}
	if len(u.Scheme) > 1 {
		if found := d.neighbour(uri, from); found != nil {
			return found
		}
	}
	switch {
	case strings.HasPrefix(file, "//"), u.Scheme == "http", u.Scheme == "https":
		d.refError(ref, "remote-ref", fmt.Sprintf("%s is remote, and wsgen reads local files only", text.Quote(ref.Text)),
			"download the file and refer to it by a relative path, or put it beside this one, with its $id")
		return nil
	case u.Scheme == "file":
		d.refError(ref, "remote-ref", fmt.Sprintf("%s is a file URL", text.Quote(ref.Text)), "refer to the file by a relative path")
		return nil
	case len(u.Scheme) > 1:
		d.refError(ref, "remote-ref", fmt.Sprintf("no document has the $id %s", text.Quote(file)),
			"refer to the file by a relative path")
		return nil
	}
	return d.findFile(ref, file, from, uri)
}

// findFile finds a file by its relative path or, where there is none, by the URI that the
// reference makes with the "$id" around it.
func (d *documents) findFile(ref *text.Node, file string, from *scope, uri *url.URL) *resource {
	name := file
	if decoded, err := url.PathUnescape(file); err == nil {
		name = decoded
	}
	if !path.IsAbs(name) && from.doc.name != stdinName {
		name = path.Join(path.Dir(from.doc.name), name)
	}
	doc := d.load(name, from.dialect)
	if doc.err != nil {
		for _, api := range d.openapi {
			if path.Base(name) == path.Base(api.name) {
				doc = api
				break
			}
		}
	}
	if doc.err != nil && uri != nil {
		if found := d.neighbour(uri, from); found != nil {
			return found
		}
	}
	if doc.err != nil {
		d.reportUnreadable(doc, ref.Pos)
	}
	if doc.root == nil {
		return nil
	}
	return doc.scopes[0].resource
}

func (d *documents) findAnchor(ref *text.Node, sc *resource, name string) (target, bool) {
	if t, ok := sc.anchors[name]; ok {
		return t, true
	}
	if whole := sc.doc.scopes[0].resource; whole != sc {
		if t, ok := whole.anchors[name]; ok {
			return t, true
		}
	}
	hint := `a pointer begins with "#/"`
	if d.search() {
		if near := text.Nearest(name, sortedKeys(sc.anchors)); near != "" {
			hint = didYouMean(strings.TrimSuffix(ref.Text, name) + near)
		} else if d.descend(sc.root, strings.Split(name, "/")) != nil {
			hint = didYouMean(strings.Replace(ref.Text, "#", "#/", 1))
		}
	}
	d.refError(ref, "ref-not-found", fmt.Sprintf("no $anchor %s in %s", text.Quote(name), sc.doc.name), hint)
	return target{}, false
}

// descend walks without crossing references; nil where a segment is missing.
func (d *documents) descend(n *text.Node, segments []string) *text.Node {
	for _, s := range segments {
		if n = d.child(n, s); n == nil {
			return nil
		}
	}
	return n
}

// findPointer walks a JSON pointer: in the resource, else in its whole document,
// else, for "#/components/schemas/X", in the OpenAPI document.
func (d *documents) findPointer(ref *text.Node, sc *resource, file, pointer string, hops int) (target, bool) {
	segments := strings.Split(pointer[1:], "/")
	for i, s := range segments {
		if strings.IndexByte(s, '~') >= 0 {
			segments[i] = strings.ReplaceAll(strings.ReplaceAll(s, "~1", "/"), "~0", "~")
		}
	}
	roots := []*text.Node{sc.root}
	if sc.root != sc.doc.root {
		roots = append(roots, sc.doc.root)
	}
	if file == "" && len(segments) > 2 && segments[0] == "components" && segments[1] == "schemas" {
		for _, api := range d.openapi {
			roots = append(roots, api.root)
		}
	}
	var first pointerWalk
	for i, root := range roots {
		w := d.walk(root, segments, hops)
		if w.node != nil {
			t := target{w.node, segments[len(segments)-1]}
			if format, inner := multiFormat(w.node); inner != nil {
				t.Node = inner
				return t, d.checkFormat(format)
			}
			return t, true
		}
		if i == 0 {
			first = w
		}
	}
	if !first.reported {
		d.reportMissing(ref, sc, segments, first)
	}
	return target{}, false
}

// pointerWalk is the outcome of a walk: node, or where it got stuck.
type pointerWalk struct {
	node     *text.Node
	at       int        // index of the segment that is missing
	parent   *text.Node // the value that lacks it
	reported bool       // a reference on the way failed, and was reported
}

func (d *documents) walk(n *text.Node, segments []string, hops int) pointerWalk {
	for i := 0; i < len(segments); i++ {
		next := d.child(n, segments[i])
		for next == nil {
			ref := n.Get("$ref")
			if ref == nil {
				return pointerWalk{at: i, parent: n}
			}
			if hops++; hops > maxHops {
				d.refError(ref, "ref-cycle", "following this reference leads back to itself", "")
				return pointerWalk{reported: true}
			}
			t, ok := d.resolveHop(ref, hops)
			if !ok {
				return pointerWalk{reported: true}
			}
			n = t.Node
			next = d.child(n, segments[i])
		}
		n = next
	}
	return pointerWalk{node: n}
}

// bigObject is the number of members from which an object is worth an index.
const bigObject = 32

func (d *documents) child(n *text.Node, key string) *text.Node {
	switch n.Kind {
	case text.KindArray:
		if i, err := strconv.Atoi(key); err == nil && 0 <= i && i < len(n.Items) && strconv.Itoa(i) == key {
			return n.Items[i]
		}
		return nil
	case text.KindObject:
		if len(n.Members) < bigObject {
			return n.Get(key)
		}
		byKey := d.big[n]
		if byKey == nil {
			byKey = make(map[string]*text.Node, len(n.Members))
			for _, m := range n.Members {
				byKey[m.Key] = m.Value
			}
			d.big[n] = byKey
		}
		return byKey[key]
	}
	return nil
}

// reportMissing says which segment of a pointer is missing, and what is there.
func (d *documents) reportMissing(ref *text.Node, sc *resource, segments []string, w pointerWalk) {
	name := text.Quote(segments[w.at])
	in := sc.doc.name
	where := in
	if w.at > 0 {
		where = fmt.Sprintf("%s of %s", text.Quote("#"+joinPointer(segments[:w.at])), in)
	}
	var message string
	switch {
	case w.parent.Kind == text.KindArray:
		message = fmt.Sprintf("no item %s in %s, which has %d", name, where, len(w.parent.Items))
	case w.parent.Kind != text.KindObject:
		message = fmt.Sprintf("no %s in %s, which is %s", name, where, article(w.parent.Kind.String()))
	case w.at > 0 && w.at == len(segments)-1 && isDefinitions(segments[w.at-1]):
		message = fmt.Sprintf("no definition %s in %s", name, in)
	default:
		message = fmt.Sprintf("no %s in %s", name, where)
	}
	d.refError(ref, "ref-not-found", message, d.missingHint(ref, sc, segments, w))
}

func isDefinitions(key string) bool {
	return key == "$defs" || key == "definitions" || key == "schemas"
}

// definitionFolders are where documents keep their definitions.
var definitionFolders = [][]string{{"$defs"}, {"definitions"}, {"components", "schemas"}, {"components", "messages"}}

// missingHint suggests a reference that exists: a sibling with a similar name,
// the same definition in another folder of the document, or a list of what is there.
func (d *documents) missingHint(ref *text.Node, sc *resource, segments []string, w pointerWalk) string {
	if !d.search() {
		return ""
	}
	file, _, _ := strings.Cut(ref.Text, "#")
	suggest := func(segments []string) string {
		return didYouMean(file + "#" + joinPointer(segments))
	}
	keys := memberKeys(w.parent)
	if near := text.Nearest(segments[w.at], keys); near != "" {
		fixed := append(append([]string{}, segments[:w.at]...), near)
		return suggest(append(fixed, segments[w.at+1:]...))
	}
	last := segments[len(segments)-1]
	for _, folder := range definitionFolders {
		found := d.descend(sc.doc.root, folder)
		if found == nil || found == w.parent {
			continue
		}
		near := last
		if d.child(found, last) == nil {
			near = text.Nearest(last, memberKeys(found))
		}
		if near != "" {
			return suggest(append(append([]string{}, folder...), near))
		}
	}
	if len(keys) == 0 {
		return ""
	}
	shown := make([]string, 0, 5)
	for _, k := range keys[:min(5, len(keys))] {
		shown = append(shown, text.Quote(k))
	}
	hint := "there is " + strings.Join(shown, ", ")
	if more := len(keys) - len(shown); more > 0 {
		hint += fmt.Sprintf(" and %d more", more)
	}
	return hint
}

func memberKeys(n *text.Node) []string {
	if n.Kind != text.KindObject {
		return nil
	}
	keys := make([]string, len(n.Members))
	for i, m := range n.Members {
		keys[i] = m.Key
	}
	return keys
}

// joinPointer writes segments as a JSON pointer for a URI fragment.
func joinPointer(segments []string) string {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "%", "%25")
	var b strings.Builder
	for _, s := range segments {
		b.WriteString("/" + escape.Replace(s))
	}
	return b.String()
}

// deref follows "$ref" from n until a value that is not a reference. Keywords beside
// a "$ref" do not stop it. key is that of the last target, "" where n is not a
// reference. A chain that leads back to itself is reported, and ok is false.
func (d *documents) deref(n *text.Node) (final *text.Node, key string, ok bool) {
	var chain []*text.Node
	index := map[*text.Node]int{}
	for {
		ref := n.Get("$ref")
		if ref == nil {
			return n, key, true
		}
		if i, seen := index[ref]; seen {
			d.reportCycle(chain[i:])
			return nil, "", false
		}
		index[ref] = len(chain)
		chain = append(chain, ref)
		t, found := d.resolve(ref)
		if !found {
			return nil, "", false
		}
		n, key = t.Node, t.Key
	}
}

// reportCycle reports a chain of references that only leads back to itself, once,
// from whichever of them it is met.
func (d *documents) reportCycle(chain []*text.Node) {
	first := 0
	for i, ref := range chain {
		if d.cyclic[ref] {
			return
		}
		if ref.Pos.Before(chain[first].Pos) {
			first = i
		}
	}
	for _, ref := range chain {
		d.cyclic[ref] = true
	}
	start := chain[first]
	message := "this reference leads back to itself"
	if len(chain) > 1 {
		message = fmt.Sprintf("these %d references lead back to each other", len(chain))
	}
	diag := d.diags.Add(start.Pos, "ref-cycle", message, "one of them must be a real schema")
	for i := 1; i < len(chain); i++ {
		diag.Notes = append(diag.Notes, text.Note{
			Pos: chain[(first+i)%len(chain)].Pos, Message: "which leads to this one",
		})
	}
}
