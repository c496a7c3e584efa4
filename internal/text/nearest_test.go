package text

import "testing"

func TestNearest(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"TaskStat", "TaskStats"}, {"taskstats", "TaskStats"}, {"TsakStats", "TaskStats"}, {"User", "Users"}, {"Other", ""}, {"", ""},
	} {
		if got := Nearest(c.name, []string{"Users", "TaskStats", "Result"}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.name, got, c.want)
		}
	}
}
