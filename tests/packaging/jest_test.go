package packaging

import (
	"path/filepath"
	"regexp"
	"testing"
)

// In the source tree of a project that Jest tests, as CommonJS modules by default, with
// the one setting that the README names. Both of the usual compilers for TypeScript take
// it; ts-jest checks the types, too.
func TestJest(t *testing.T) {
	dir := application(t, "jest")
	generated(t, "typescript", filepath.Join(dir, "src", "api"))
	setting := jestSetting(t, filepath.Join(dir, "src", "api", "README.md"))
	url, token := demo(t)
	env := []string{"DEMO_URL=" + url, "DEMO_TOKEN=" + token, "CI=true"}

	for transform, preset := range map[string]string{"babel-jest": "", "ts-jest": `preset: "ts-jest", `} {
		t.Run(transform, func(t *testing.T) {
			config := filepath.Join(dir, transform+".config.js")
			write(t, config, "module.exports = { "+preset+setting+" };\n")
			run(t, dir, env, "node", npmPackage(t, "jest", "bin", "jest.js"), "--config", config)
		})
	}
}

// jestSetting returns the setting for Jest that a README names.
func jestSetting(t *testing.T, readme string) string {
	t.Helper()
	found := regexp.MustCompile("Jest\\s+with\\s+the\\s+setting\\s+`(moduleNameMapper: [^`]+)`").FindStringSubmatch(read(t, readme))
	if found == nil {
		t.Fatalf("%s names no setting for Jest", readme)
	}
	return found[1]
}
