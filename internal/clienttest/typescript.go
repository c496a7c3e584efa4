package clienttest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wsgen/wsgen/internal/toolchain"
)

// BuildTypeScript compiles a program in dir, main.ts or whatever main names, with the
// TypeScript client beside it, under tools/tsconfig.strict.json, with the native compiler,
// which takes a tenth of the time. It runs in Node.
func BuildTypeScript(dir, main string) (Start, error) {
	root, err := toolchain.FindRoot()
	if err != nil {
		return nil, err
	}
	compiler, err := toolchain.Find("node", "node_modules", "typescript7", "bin", "tsc")
	if err != nil {
		return nil, err
	}
	if err := os.Symlink(filepath.Join(root, ".tools", "node", "node_modules"), filepath.Join(dir, "node_modules")); err != nil {
		return nil, err
	}
	for name, content := range map[string]any{
		"package.json": map[string]any{"type": "module"},
		"tsconfig.json": map[string]any{
			"extends":         filepath.Join(root, "tools", "tsconfig.strict.json"),
			"compilerOptions": map[string]any{"noEmit": false, "rootDir": ".", "outDir": "compiled"},
			"files":           []string{main},
		},
	} {
		data, err := json.Marshal(content)
		if err != nil {
			return nil, err
		}
		if err := write(filepath.Join(dir, name), data); err != nil {
			return nil, err
		}
	}
	if err := run(dir, "node", compiler, "--pretty", "false"); err != nil {
		return nil, err
	}
	script := filepath.Join(dir, "compiled", strings.TrimSuffix(main, ".ts")+".js")
	return func(ctx context.Context, args ...string) *exec.Cmd {
		return exec.CommandContext(ctx, "node", append([]string{script}, args...)...)
	}, nil
}
