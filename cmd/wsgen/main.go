// Command wsgen generates typed Python, TypeScript and Go clients for RPC over
// Centrifugo from an AsyncAPI manifest and Pydantic's JSON Schema.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
)

func main() {
	// A run is short: what it allocates is mostly needed to its end. The limit
	// follows the size of the input.
	debug.SetGCPercent(-1)
	limitMemory(0, 0)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	code := run(ctx, os.Args, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
