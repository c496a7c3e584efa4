package packaging

import (
	"path/filepath"
	"testing"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/gen/typescript"
	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/internal/toolchain"
)

// tanStackQuery is only installed for the tests that need it.
const tanStackQuery = "@tanstack/react-query@5.108.4"

// The hooks, and TanStack Query, in an application under StrictMode, which lets go of
// everything once in development: there is one connection all the same.
func TestReact(t *testing.T) {
	dir := application(t, "react")
	generatedWith(t, filepath.Join(dir, "src", "api"), gen.Options{React: true, TanStackQuery: true})
	generatedOf(t, "streams", filepath.Join(dir, "src", "jobs"), gen.Options{React: true})
	npmInstall(t, dir, tanStackQuery)
	compile(t, dir)
	broker, token := demo(t)

	for _, mode := range []string{"development", "production"} {
		t.Run(mode, func(t *testing.T) {
			page, line := vitePage(t, dir, mode), newLine(t, broker)

			browse(t, page+query(line.url, token),
				step("text", "#state", "^connected$"),
				step("text", "#stats", stats),
				step("text", "#count", `^website: \d+$`),
				step("text", "#missing", "^404$"),
				step("text", "#off", "^false undefined$"),
				step("text", "#projects", "[1-9]"),
				step("text", "#counted", `^0: 3,2,1,0 done$`),
				step("text", "#kept", `^0: 1,0 done$`),
				step("text", "#failed", `^undefined: *broken$`),
				step("text", "#latest", `^null: *pending$`),
				step("text", "#open", `^open: 1$`),
				step("click", "#unfollow"),
				step("text", "#open", `^open: 0$`),
				step("click", "#recount"),
				step("text", "#counted", `^0: 3,2,1,0 done$`),
				step("text", "#cleared", "^null$"),
				step("more", "#events"),
				step("text", "#events", `^([3-9]|\d\d+)$`),
				step("text", "#task", "^website$"),
				// A mutation whose success invalidates.
				step("text", "#query-count", `\d`),
				step("grow", "#mutate", "#query-count"),
				// Other params: another call, another channel.
				step("click", "#other"),
				step("text", "#count", `^closed: \d+$`),
				step("text", "#seen", "^website$"),
				// A break.
				step("post", line.control),
				step("text", "#state", "^connected$"),
				step("click", "#refetch"),
				step("text", "#stats", stats),
				// Gone, and back.
				step("click", "#toggle"),
				step("click", "#look"),
				step("text", "#state-of-client", "^disconnected$"),
				step("click", "#toggle"),
				step("text", "#state", "^connected$"),
				step("text", "#stats", stats),
				step("more", "#events"),
			)
			if n := line.count(); n != 3 {
				t.Errorf("the page opens %d connections: want one, one after the break and one when it is back", n)
			}
		})
	}
}

// Params and results that are bigints and dates: keys of TanStack Query are compared and
// stored as JSON, which has neither.
func TestConvertedQueries(t *testing.T) {
	t.Parallel()
	dir := application(t, "conversions")
	opt := gen.Options{Int64: "bigint", Dates: "Date", React: true, TanStackQuery: true}
	generate := func(p *plan.Plan, _ gen.Options) ([]gen.File, text.Diagnostics) { return typescript.Generate(p, opt) }
	manifest := filepath.Join(toolchain.Root(t), "fixtures", "conversions", "api.yaml")
	copyTree(t, client(t, manifest, generate, "typescript"), filepath.Join(dir, "api"))
	npmInstall(t, dir, tanStackQuery)
	compile(t, dir)
	if printed := run(t, dir, nil, "node", filepath.Join("dist", "main.js")); printed != "done" {
		t.Errorf("the program prints %q", printed)
	}
}
