package packaging

import (
	"archive/zip"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A generated module that was published comes through a module proxy, as its
// dependency does; then it is vendored, and builds without any.
func TestGo(t *testing.T) {
	dir := t.TempDir()
	app := filepath.Join(dir, "app")
	copyTree(t, "go", app)
	broker, token := demo(t)
	env := goEnv(t, "file://"+publish(t, "v1.2.0")+","+downloads(t))

	run(t, app, env, "go", "get", "example.com/centrifugo_client@v1.2.0")
	matches(t, run(t, app, env, "go", "run", ".", broker, token))
	if modules := run(t, app, env, "go", "list", "-m", "all"); strings.Contains(modules, "github.com") {
		t.Errorf("there is a module of github.com:\n%s", modules)
	}

	run(t, app, env, "go", "mod", "vendor")
	run(t, app, goEnv(t, "off"), "go", "build", "-mod=vendor", "-o", "tasks", ".")
	newTunnel(t, broker).call(t, app, token, filepath.Join(app, "tasks"))
}

// A generated module inside a repository, set up by the commands of its README.
func TestGoInRepository(t *testing.T) {
	app := t.TempDir()
	copyTree(t, "go", app)
	generated(t, "go", filepath.Join(app, "opensdk", "go"))
	broker, token := demo(t)
	env := goEnv(t, downloads(t))

	for _, command := range commands(t, filepath.Join(app, "opensdk", "go", "README.md")) {
		run(t, app, env, "sh", "-c", command)
	}
	run(t, app, goEnv(t, "off"), "go", "build", "-mod=vendor", "-o", "tasks", ".")
	matches(t, run(t, app, nil, filepath.Join(app, "tasks"), broker, token))
}

// goEnv is a machine that has an empty module cache and knows one list of proxies.
func goEnv(t *testing.T, proxies string) []string {
	return []string{
		"GOPROXY=" + proxies, "GOMODCACHE=" + t.TempDir(), "GOFLAGS=-modcacherw", "GOSUMDB=off",
		"GONOPROXY=", "GOPRIVATE=", "GOWORK=off", "GOTOOLCHAIN=local",
	}
}

// downloads is a module proxy with what this repository has downloaded.
func downloads(t *testing.T) string {
	t.Helper()
	run(t, "../..", nil, "go", "mod", "download", "nhooyr.io/websocket")
	return "file://" + filepath.Join(run(t, "../..", nil, "go", "env", "GOMODCACHE"), "cache", "download")
}

// publish makes a module proxy of files that has the generated module.
func publish(t *testing.T, version string) string {
	t.Helper()
	const module = "example.com/centrifugo_client"
	source, proxy := t.TempDir(), t.TempDir()
	generated(t, "go", source)
	dir := filepath.Join(proxy, filepath.FromSlash(module), "@v")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "list"), version+"\n")
	write(t, filepath.Join(dir, version+".info"), `{"Version":"`+version+`"}`)
	write(t, filepath.Join(dir, version+".mod"), read(t, filepath.Join(source, "go.mod")))
	archive, err := os.Create(filepath.Join(dir, version+".zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	z := zip.NewWriter(archive)
	err = fs.WalkDir(os.DirFS(source), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		file, err := z.Create(module + "@" + version + "/" + path)
		if err != nil {
			return err
		}
		_, err = file.Write([]byte(read(t, filepath.Join(source, path))))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return proxy
}
