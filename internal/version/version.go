// Package version knows which wsgen this is.
package version

import (
	"runtime"
	"runtime/debug"
)

// Number is the version of all that is released from this repository together: the command, its
// wheels and npm packages, and the Python package centrifugo-rpc.
const Number = "0.1.0"

// commit is set by the linker in releases. Other builds have what Go knows of the checkout.
var commit string

// Line describes the build: "0.1.0 (commit 1f3a5c7e9b24, go1.26.0)".
func Line() string {
	from := commit
	if info, ok := debug.ReadBuildInfo(); ok && from == "" {
		from = checkout(info.Settings)
	}
	if from == "" {
		return Number + " (" + runtime.Version() + ")"
	}
	return Number + " (commit " + from + ", " + runtime.Version() + ")"
}

// checkout returns the commit that Go built from, "" if it does not know.
func checkout(settings []debug.BuildSetting) (from string) {
	modified := ""
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			from = s.Value[:min(len(s.Value), CommitDigits)]
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "-modified"
		}
	}
	if from == "" {
		return ""
	}
	return from + modified
}

// CommitDigits is how many digits of a commit are shown.
const CommitDigits = 12
