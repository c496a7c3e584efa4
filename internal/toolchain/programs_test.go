package toolchain

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Programs of the system that are missing are named, with what installs them; nothing does so
// without being asked.
func TestMissingPrograms(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(bash, filepath.Join(bin, "bash")); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(Root(t), "tools", "programs.sh")
	run := func(args ...string) (string, error) {
		cmd := exec.Command(bash, append([]string{script}, args...)...)
		cmd.Env = []string{"PATH=" + bin}
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	said, err := run()
	if err != nil || !strings.Contains(said, "chromium     pages in a browser\n") || !strings.Contains(said, "`make programs`") {
		t.Errorf("%v: %s", err, said)
	}
	said, err = run("--install")
	if err == nil || !strings.Contains(said, "there is no apt-get; install: chromium ") {
		t.Errorf("%v: %s", err, said)
	}
	if strings.Contains(readFile(t, "tools", "setup.sh"), "apt-get") {
		t.Error("setup.sh installs Debian's packages")
	}
}
