package toolchain

import (
	"os/exec"
	"strings"
	"testing"
)

// generatedGo is the Go version that generated modules declare.
const generatedGo = "1.23"

// CheckGo checks generated Go modules, each in a folder of its own: gofmt changes
// nothing; vet, build and staticcheck find nothing, without the network; go.mod declares
// Go 1.23; and no module of the build list is on github.com.
func CheckGo(t testing.TB, dirs ...string) {
	t.Helper()
	staticcheck := tool(t, "bin", "staticcheck")
	fillModuleCache(t)
	ws := newWorkspace(t, dirs)
	ws.run(t, command{title: "gofmt -d", dir: ws.dir, args: []string{"gofmt", "-d", "."}, silent: true})
	for i, name := range ws.names {
		module := func(args ...string) command {
			return command{
				title: strings.Join(args, " ") + " in " + dirs[i],
				dir:   ws.path(name),
				env:   []string{"GOPROXY=off", "GOWORK=off", "GOFLAGS=-mod=readonly -trimpath", "GOTOOLCHAIN=local"},
				args:  args,
			}
		}
		ws.run(t, module("go", "vet", "./..."))
		ws.run(t, module("go", "build", "./..."))
		check := module(staticcheck, "./...")
		check.title = "staticcheck ./... in " + dirs[i]
		ws.run(t, check)
		checkModules(t, dirs[i], ws.run(t, module("go", "list", "-m", "-f", "{{.Path}} {{.GoVersion}}", "all")))
	}
}

// fillModuleCache downloads what generated modules require, so that the checks can run
// without the network, as builds of users may have to.
func fillModuleCache(t testing.TB) {
	t.Helper()
	cmd := exec.Command("go", "mod", "download", "nhooyr.io/websocket")
	cmd.Dir = Root(t)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("toolchain: go mod download: %v\n%s", err, out)
	}
}

// checkModules checks a build list: lines of "path goversion", of which the first is the
// module itself.
func checkModules(t testing.TB, dir, list string) {
	t.Helper()
	for i, line := range strings.Split(strings.TrimSpace(list), "\n") {
		path, version, _ := strings.Cut(line, " ")
		if i == 0 && version != generatedGo {
			t.Errorf("%s: go.mod declares go %s, want %s", dir, version, generatedGo)
		}
		if strings.HasPrefix(path, "github.com/") {
			t.Errorf("%s: requires %s, a github.com module path", dir, path)
		}
	}
}
