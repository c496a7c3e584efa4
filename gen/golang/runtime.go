package golang

import (
	"embed"

	"github.com/wsgen/wsgen/gen"
)

// The runtime is a Go package of its own, called rpc: it is compiled and tested where it
// is, and emitted as it is.
//
//go:embed runtime/batch.go runtime/call.go runtime/cancel.go runtime/channels.go runtime/codec.go runtime/decode.go runtime/encode.go runtime/errors.go
//go:embed runtime/interceptor.go runtime/lexer.go runtime/link.go runtime/listener.go runtime/numbers.go runtime/options.go runtime/outline.go
//go:embed runtime/parts.go runtime/pending.go runtime/positions.go runtime/problems.go runtime/protocol.go runtime/rate.go runtime/requests.go runtime/rules.go
//go:embed runtime/rpc_client.go runtime/session.go runtime/shape.go runtime/states.go runtime/stream.go runtime/times.go runtime/union.go
//go:embed runtime/values.go runtime/version.go
var runtimeFiles embed.FS

// runtimePackage are the files of the package rpc, in path order.
var runtimePackage = func() []gen.File {
	entries, err := runtimeFiles.ReadDir("runtime")
	if err != nil {
		panic(err)
	}
	source := gen.SourcesOf(runtimeFiles)
	files := make([]gen.File, len(entries))
	for i, e := range entries {
		files[i] = gen.File{Path: "go/rpc/" + e.Name(), Data: []byte(header + "\n" + source(e.Name()))}
	}
	return files
}()

// validation are the files of the runtime that validators alone need.
var validation = []string{"go/rpc/problems.go", "go/rpc/rules.go"}

// goSum holds the hashes of the only dependency.
var goSum = []byte(`nhooyr.io/websocket v1.8.17 h1:KEVeLJkUywCKVsnLIDlD/5gtayKp8VoCkksHCGGfT9Y=
nhooyr.io/websocket v1.8.17/go.mod h1:rN9OFWIUwuxg4fR5tELlYC04bXYowCP9GX47ivo2l+c=
`)

func (g *generator) goMod() []byte {
	return []byte("module " + g.opt.Module + "\n\ngo 1.23\n\nrequire nhooyr.io/websocket v1.8.17\n")
}

// rpcClient prints rpc_client.go: the runtime's client with this API's channels.
func (g *generator) rpcClient() []byte {
	f := g.newFile(importRPC)
	f.b.Raw(`// If this does not compile, the package rpc is that of another version of wsgen: generate
// both again.
const _ = rpc.FitsGeneratedCode1

// CentrifugoRPCClient carries calls and events over one connection to Centrifugo,
// which it opens again when it is lost. It is safe for use by several goroutines.
type CentrifugoRPCClient = rpc.Client

// NewCentrifugoRPCClient returns a client that is not connected yet. The userID may be
// empty: it is the token's subject.
func NewCentrifugoRPCClient(url, token, userID string, opts ...rpc.Option) *CentrifugoRPCClient {
	api := []rpc.Option{
`)
	f.b.Line("\t\trpc.WithRequestsChannel(", quote(g.plan.Requests), "),")
	f.b.Line("\t\trpc.WithReplyChannel(", quote(g.plan.Reply.Text), "),")
	f.b.Line("\t\trpc.WithAPIVersion(", quote(g.plan.Info.Version), "),")
	f.b.Raw(`	}
	return rpc.NewClient(url, token, userID, append(api, opts...)...)
}
`)
	return f.bytes("")
}
