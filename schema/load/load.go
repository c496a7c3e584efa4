package load

import (
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// Options say what [Load] reads.
type Options struct {
	AsyncAPI string   // the manifest; "-" is standard input
	OpenAPI  []string // documents whose components.schemas may be referred to

	// Read returns a document. Names are slash-separated, as the user typed
	// them or relative to the document that refers to them; "-" is standard input.
	// Its error may be a [Refused].
	Read func(name string) ([]byte, error)
	// List returns the files of a folder, for "did you mean". It may be nil.
	List func(dir string) []string
	// Prefix is put before the names of documents in problems: "HEAD:".
	Prefix string

	Strict bool // validate against the full JSON Schema metaschema as well
	Values bool // validate defaults and examples against their schemas

	Checks bool // read what schemas demand of values, for validators

	// Imports say which types are to be found in the OpenAPI documents, too.
	Imports []schema.ImportRule

	// Stage, where set, is told when a step of loading ends: for benchmarks.
	Stage func(name string)

	RenameTypes   map[string]Rename // from a name of the documents
	RenameMethods map[string]Rename // from a wire name, to the words to make identifiers of
	RenameMembers map[string]Rename // from "Type.member", to the words to make identifiers of
}

// Rename is a name that the user gives.
type Rename struct {
	To  string
	Pos text.Pos // where the user says so
}

// Load reads the documents and returns the API that they describe. The model is
// of use only if none of the diagnostics is an error. Diagnostics are sorted.
func Load(opt Options) (*schema.Model, text.Diagnostics) {
	var diags text.Diagnostics
	m := load(opt, &diags)
	diags.Sort()
	if m == nil {
		return nil, diags
	}
	return m.model, diags
}

func load(opt Options, diags *text.Diagnostics) *manifest {
	// 1. Read the manifest, and the OpenAPI documents that it may refer to.
	docs := openDocuments(opt.Read, diags)
	docs.list, docs.prefix = opt.List, opt.Prefix
	for _, name := range opt.OpenAPI {
		docs.addOpenAPI(name)
	}
	root := docs.open(opt.AsyncAPI, text.Pos{})
	opt.stage("read manifest")
	if root == nil || !docs.checkVersion(root) {
		return nil
	}

	// 2. Find the methods and events, and lower every schema they can reach, while
	// the manifest itself is validated.
	problems := make(chan text.Diagnostics, 1)
	go func() { problems <- checkManifest(root) }()
	l := newLowerer(docs, diags)
	m := readManifest(l, root, opt.Imports)
	model := m.model
	if !diags.HasErrors() { // else types may contain nothing but themselves
		widenUnions(model)
	}
	model.Dir = opt.AsyncAPI[:strings.LastIndexByte(opt.AsyncAPI, '/')+1]
	*diags = append(*diags, <-problems...)
	warnIfEmpty(model, root, diags)
	opt.stage("read and lower")

	// 3. Validate just the definitions that were reached.
	*diags = append(*diags, docs.checkDefinitions(append(l.nodes(), l.twins...), opt)...)
	opt.stage("validate")

	// 4. Join or split what differs between params and results; name what is left.
	joinVersions(l, model)
	joinErrors(l, model)
	splitDecimals(l, model)
	shareUnions(l, model)
	nameTypes(l, model, opt)
	finish(model)
	readSources(docs, model, opt.Checks)
	opt.stage("join and name")
	return m
}

func (opt Options) stage(name string) {
	if opt.Stage != nil {
		opt.Stage(name)
	}
}
