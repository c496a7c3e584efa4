package demo

import (
	"context"
	"encoding/json"
)

// Call answers a native RPC with the same envelope, {"result": …} or {"error": …}, without the correlation id.
func (d *Demo) Call(ctx context.Context, user, name string, params []byte) ([]byte, error) {
	<-d.ready
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(d.ctx, cancel)()
	return json.Marshal(d.answer(name, call{ctx: ctx, user: user, params: params}))
}
