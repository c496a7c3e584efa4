package version

import (
	"runtime/debug"
	"testing"
)

// A build from a checkout says so, and whether files were changed in it.
func TestCheckout(t *testing.T) {
	revision := debug.BuildSetting{Key: "vcs.revision", Value: "1f3a5c7e9b2468ace013579bdf02468ace013579"}
	changed := debug.BuildSetting{Key: "vcs.modified", Value: "true"}
	for _, test := range []struct {
		settings []debug.BuildSetting
		want     string
	}{
		{nil, ""},
		{[]debug.BuildSetting{revision}, "1f3a5c7e9b24"},
		{[]debug.BuildSetting{revision, {Key: "vcs.modified", Value: "false"}}, "1f3a5c7e9b24"},
		{[]debug.BuildSetting{revision, changed}, "1f3a5c7e9b24-modified"},
	} {
		if got := checkout(test.settings); got != test.want {
			t.Errorf("%v: %q, want %q", test.settings, got, test.want)
		}
	}
}
