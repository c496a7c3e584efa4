package packaging

import (
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/gen"
)

// In the source tree of a project that Jest tests, as CommonJS modules by default, without
// extensions in the imports. Both of the usual compilers for TypeScript take it; ts-jest
// checks the types, too.
func TestJest(t *testing.T) {
	t.Parallel()
	dir := application(t, "jest")
	generatedWith(t, filepath.Join(dir, "src", "api"), gen.Options{Imports: "none"})
	url, token := demo(t)
	env := []string{"DEMO_URL=" + url, "DEMO_TOKEN=" + token, "CI=true"}

	for transform, config := range map[string]string{"babel-jest": "", "ts-jest": `preset: "ts-jest"`} {
		t.Run(transform, func(t *testing.T) {
			file := filepath.Join(dir, transform+".config.js")
			write(t, file, "module.exports = { "+config+" };\n")
			run(t, dir, env, "node", npmPackage(t, "jest", "bin", "jest.js"), "--config", file)
		})
	}
}
