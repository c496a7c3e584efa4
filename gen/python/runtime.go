package python

import (
	"embed"
	"io/fs"
	"strings"

	"github.com/wsgen/wsgen/gen"
	"github.com/wsgen/wsgen/internal/emit"
)

// runtime is the hand-written part of every package: the machinery of the models
// and the client that calls go through.
//
//go:embed runtime/_models.py runtime/_json/*.py runtime/_rpc/*.py runtime/requirements.txt
var runtime embed.FS

// interceptors is a module with the interceptors that READMEs show.
//
//go:embed runtime/interceptors_sample.py
var interceptors string

// runtimeFiles returns the files of the runtime as they are, the modules below a header;
// those that are not used are left out.
func runtimeFiles(unused map[string]bool) []gen.File {
	var files []gen.File
	root, err := fs.Sub(runtime, "runtime")
	if err != nil {
		panic(err)
	}
	err = fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || unused[path] {
			return err
		}
		data, err := fs.ReadFile(root, path)
		if strings.HasSuffix(path, ".py") {
			data = append([]byte(fileHeader), data...)
		}
		files = append(files, gen.File{Path: "python/" + path, Data: data})
		return err
	})
	if err != nil {
		panic(err) // embedded files can be read
	}
	return files
}

// runtimeExports are the names of the runtime that users need.
var runtimeExports = []string{
	"CallError", "CallOptions", "CallTimeout", "Caller", "ConnectError", "ConnectionLost", "EventOverflow", "EventPosition", "EventsLost",
	"InvalidParamsError", "MethodNotFoundError", "NotConnected", "ParamsMapping", "RPCError", "RequestTooLarge", "SyncEvents", "UnauthorizedError",
}

// unknownExports are what values are kept as that only a newer server knows.
var unknownExports = []string{"UnknownInteger", "UnknownNumber", "UnknownString", "UnknownValue"}

// rpcClientFile prints rpc_client.py: the client with what the document says of
// its channels, and the names of the runtime that users and client.py need.
//
//	class CentrifugoRPCClient(RPCClient):
//	    requests_channel = "rpc.requests"
//	    reply_channel = "user#{user_id}"
//	    api_version = "1.0.0"
func (p *printer) rpcClientFile() []byte {
	f := p.newFile()
	exports := append([]string{"CallInfo", "ClientOptions", "Event", "Events", "Interceptor", "Method", "Proceed", "State", "Stream", "StreamCaller",
		"StreamOptions", "SubscriptionToken", "SyncStream", "SyncToken", "Token", "Transport"}, runtimeExports...)
	f.use("._rpc", "RPCClient")
	for _, name := range exports {
		f.use("._rpc", name)
	}
	f.writeAll(append(exports, "CentrifugoRPCClient"))
	f.body.Raw("\n\n")
	f.body.Line("class CentrifugoRPCClient(RPCClient):")
	f.body.Indent(func() {
		writeDoc(f.body, "Calls methods and receives events.", "Calls methods and receives events of "+p.title()+
			".\n\n``async with`` connects and closes; ``connect()`` and ``close()`` do the same by hand, any number of times. "+
			"A lost connection is opened again by itself.")
		f.body.Blank()
		f.writeQuoted("requests_channel", p.plan.Requests)
		f.writeQuoted("reply_channel", p.plan.Reply.Text)
		f.writeQuoted("api_version", p.plan.Info.Version)
	})
	return f.bytes("The connection to " + p.title() + ", and what its calls fail with.")
}

func (f *file) writeQuoted(name, text string) { f.body.Line(name, " = ", quote(text)) }

// bytes returns the whole file: header, imports and what was printed.
func (f *file) bytes(doc string) []byte {
	b := emit.New("    ", width)
	header(b, doc)
	f.writeImports(b)
	b.Append(f.body)
	return b.Bytes()
}
