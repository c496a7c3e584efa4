// The types of the REST client and those of the WebSocket client are the same.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"log"

	"example.com/acme/api"
	"example.com/acme/realtime"
	"example.com/acme/realtime/rpc"
)

// fake answers calls, and notes what would be sent.
type fake struct{ sent string }

const user = `{"id":"1","role":"admin","joined":"2025-01-31T08:30:00Z","age":null,"home":{"street":"Main","number":1},"pets":[{"kind":"cat","lives":9}]}`

func (f *fake) Call(_ context.Context, req rpc.Request) (json.RawMessage, error) {
	f.sent = string(req.Params)
	switch req.Method {
	case "users.get":
		return json.RawMessage(user), nil
	case "hits.get":
		return json.RawMessage(`{"text":"x","by":` + user + `,"seen":{"1":"member"}}`), nil
	}
	return json.RawMessage(`{"items":[` + user + `]}`), nil
}

func (f *fake) Subscribe(context.Context, string) iter.Seq2[json.RawMessage, error] {
	panic("not used")
}

func main() {
	ctx := context.Background()
	f := &fake{}
	client := realtime.NewAPIClientWith(f)
	var got *api.UserOutput
	got, err := client.UsersGet(ctx, realtime.UserKey{ID: "1"})
	if err != nil {
		log.Fatal(err)
	}
	given := api.UserInput{Id: got.Id, Joined: got.Joined, Home: got.Home, Pets: got.Pets}
	page, err := client.UsersPut(ctx, given)
	if err != nil {
		log.Fatal(err)
	}
	sent := f.sent
	var users []api.UserOutput = page.Items
	hit, err := client.HitsGet(ctx)
	if err != nil {
		log.Fatal(err)
	}
	note, ok := hit.(realtime.Note)
	if !ok || note.By.Id != "1" || note.Seen["1"] != api.Member {
		log.Fatalf("%#v", hit)
	}
	back, err := json.Marshal(realtime.HitUser{User: note.By})
	if err != nil || len(back) != len(user) {
		log.Fatalf("%s: %v", back, err)
	}
	fmt.Println(len(users), sent)
}
