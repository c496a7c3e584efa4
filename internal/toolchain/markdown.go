package toolchain

import "testing"

// CheckMarkdown checks Markdown files where they are: prettier changes nothing.
func CheckMarkdown(t testing.TB, files ...string) {
	t.Helper()
	prettier := tool(t, "node", "node_modules", "prettier", "bin", "prettier.cjs")
	new(workspace).run(t, command{
		title: "prettier --check",
		args:  append([]string{"node", prettier, "--check", "--no-config", "--no-editorconfig", "--log-level=warn"}, files...),
	})
}
