package main

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"
)

// This file finds the files that an exporter makes the documents from. Patterns are those of
// shells, with ** for any folders: app/**/*.py.

// findSources returns the files that match the patterns.
func (w *watcher) findSources() map[string]sum {
	found := map[string]sum{}
	for _, pattern := range w.config.sources {
		whole := filepath.Join(w.dir, pattern)
		for _, dir := range w.folders(pattern) {
			entries, err := os.ReadDir(dir)
			if err != nil {
				continue // it is not there yet
			}
			for _, e := range entries {
				if name := filepath.Join(dir, e.Name()); !e.IsDir() && matches(whole, name) {
					found[name] = sumOf(readRegular(name))
				}
			}
		}
	}
	return found
}

// folders are those that files may be in which match a pattern.
func (w *watcher) folders(pattern string) []string {
	base := filepath.Join(w.dir, baseOf(pattern))
	if path.Dir(filepath.ToSlash(pattern)) == path.Clean(filepath.ToSlash(baseOf(pattern))) {
		return []string{base} // only names have wildcards
	}
	return foldersBelow(base)
}

// baseOf is the folder that a pattern begins with: app of app/**/*.py.
func baseOf(pattern string) string {
	parts := strings.Split(filepath.ToSlash(pattern), "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "*?") || i == len(parts)-1 {
			return filepath.FromSlash(strings.Join(parts[:i], "/"))
		}
	}
	return ""
}

// foldersBelow returns a folder and those below it where sources may be: not hidden ones,
// those of caches and packages, or those that wsgen writes.
func foldersBelow(base string) (dirs []string) {
	err := filepath.WalkDir(base, func(dir string, e fs.DirEntry, err error) error {
		switch name := filepath.Base(dir); {
		case err != nil || !e.IsDir():
			return nil
		case dir != base && strings.HasPrefix(name, "."), name == "__pycache__", name == "node_modules", exists(filepath.Join(dir, ".wsgen.json")):
			return filepath.SkipDir
		}
		dirs = append(dirs, dir)
		return nil
	})
	if err != nil {
		return nil // the folder is not there yet
	}
	return dirs
}

// matches tells whether a file matches a pattern.
func matches(pattern, file string) bool {
	var re strings.Builder
	re.WriteString("^")
	for rest := filepath.ToSlash(filepath.Clean(pattern)); rest != ""; {
		if below, found := strings.CutPrefix(rest, "**/"); found {
			re.WriteString("(.*/)?")
			rest = below
			continue
		}
		letter, size := utf8.DecodeRuneInString(rest)
		switch letter {
		case '*':
			re.WriteString("[^/]*")
		case '?':
			re.WriteString("[^/]")
		default:
			re.WriteString(regexp.QuoteMeta(rest[:size]))
		}
		rest = rest[size:]
	}
	matched, err := regexp.MatchString(re.String()+"$", filepath.ToSlash(file))
	return err == nil && matched
}
