package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/wsgen/wsgen/schema/load"
)

// earlier says how to read an earlier version of documents: a file, a folder that has them
// at the same paths, or git:REF[:FILE].
func (j *job) earlier(now load.Options, against string) (load.Options, error) {
	opt := now
	opt.Imports = nil // only the current version is compared with OpenAPI documents
	switch {
	case against == "":
		return opt, usage("name it: --against git:main, or --against old/api.yaml", "there is no earlier version to compare with")
	case strings.HasPrefix(against, "git:"):
		return atCommit(opt, strings.TrimPrefix(against, "git:"))
	}
	file := filepath.ToSlash(against)
	info, err := os.Stat(against)
	if err == nil && info.IsDir() {
		if file, err = inFolder(file, now.AsyncAPI); err != nil {
			return opt, err
		}
	}
	opt.AsyncAPI, opt.OpenAPI = file, moved(now, file)
	opt.Read = j.newFiles(append([]string{file}, opt.OpenAPI...), []string{path.Dir(file)}).read
	return opt, nil
}

// inFolder finds the manifest in a folder: at the same path, or directly in it.
func inFolder(dir, manifest string) (string, error) {
	tried := []string{path.Join(dir, manifest), path.Join(dir, path.Base(manifest))}
	for _, name := range tried {
		if exists(name) {
			return name, nil
		}
	}
	return "", usage("name the manifest itself: --against "+path.Join(dir, "api.yaml"), "there is neither %s nor %s", tried[0], tried[1])
}

// moved returns where the OpenAPI documents are if the manifest is in another place.
func moved(now load.Options, manifest string) (files []string) {
	for _, name := range now.OpenAPI {
		if relative, err := filepath.Rel(path.Dir(now.AsyncAPI), name); err == nil {
			name = path.Join(path.Dir(manifest), filepath.ToSlash(relative))
		}
		files = append(files, name)
	}
	return files
}

// atCommit reads documents from git's objects, without a checkout.
func atCommit(now load.Options, against string) (load.Options, error) {
	opt := now
	ref, file, named := strings.Cut(against, ":")
	if named {
		opt.AsyncAPI = filepath.ToSlash(file)
		opt.OpenAPI = moved(now, opt.AsyncAPI)
	}
	if opt.AsyncAPI == "-" {
		return opt, usage("name it: --against git:"+ref+":api.yaml", "the manifest at the commit has no name, since the new one is read from standard input")
	}
	if _, err := git("rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}"); err != nil {
		if errors.Is(err, exec.ErrNotFound) {
			return opt, usage("install it, or name a file", "git is not on PATH")
		}
		return opt, usage("fetch it, or correct the name; in CI, a checkout may hold the last commit only", "git knows no commit %q", ref)
	}
	opt.Prefix, opt.List = ref+":", nil
	opt.Read = func(name string) ([]byte, error) {
		if filepath.IsAbs(name) {
			relative, err := relativeToHere(name)
			if err != nil {
				return nil, err
			}
			name = relative
		}
		data, err := git("cat-file", "blob", ref+":./"+name)
		if err != nil {
			return nil, fs.ErrNotExist
		}
		return data, nil
	}
	return opt, nil
}

// relativeToHere returns a path as seen from the working directory, as git resolves it.
func relativeToHere(name string) (string, error) {
	here, err := os.Getwd()
	if err != nil {
		return "", err
	}
	relative, err := filepath.Rel(realPath(here), realPath(name))
	return filepath.ToSlash(relative), err
}

// git runs git and returns what it prints.
func git(args ...string) ([]byte, error) {
	var stderr bytes.Buffer
	cmd := exec.Command("git", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && stderr.Len() > 0 {
		return nil, fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(stderr.String()))
	}
	return out, err
}
