// Calls REST and RPC with the generated clients: go run . [URL [BEARER]].
package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
	"time"

	openapi "example.com/accounts/openapi/go"
	opensdk "example.com/accounts/opensdk/go"
)

func main() {
	url, bearer := "http://127.0.0.1:9000", "token-of-bob"
	if len(os.Args) > 1 {
		url = os.Args[1]
	}
	if len(os.Args) > 2 {
		bearer = os.Args[2]
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	connection, err := callREST(ctx, url, bearer)
	if err == nil {
		err = callRPC(ctx, connection)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// show prints a user. It is one type, whether REST, a method or an event brought it.
func show(source string, user *openapi.User) {
	fmt.Printf("%s: %s, here since %s\n", source, user.Name, user.JoinedAt.Format(time.DateOnly))
}

// callREST shows the user, and returns what is needed to connect to Centrifugo.
func callREST(ctx context.Context, url, bearer string) (*openapi.ConnectionToken, error) {
	logIn := func(_ context.Context, request *http.Request) error {
		request.Header.Set("Authorization", "Bearer "+bearer)
		return nil
	}
	rest, err := openapi.NewClientWithResponses(url, openapi.WithRequestEditorFn(logIn))
	if err != nil {
		return nil, err
	}
	me, err := rest.GetUserWithResponse(ctx)
	if err != nil {
		return nil, err
	}
	if me.JSON200 == nil {
		return nil, fmt.Errorf("get user: %s", me.Status())
	}
	show("REST", me.JSON200)
	token, err := rest.GetConnectionTokenWithResponse(ctx)
	if err != nil {
		return nil, err
	}
	if token.JSON200 == nil {
		return nil, fmt.Errorf("get connection token: %s", token.Status())
	}
	return token.JSON200, nil
}

// callRPC takes another name until the event of it comes: the subscription begins meanwhile. Then it exports the orders.
func callRPC(ctx context.Context, connection *openapi.ConnectionToken) error {
	api := opensdk.NewAPIClient(connection.Url, connection.Token, connection.User)
	defer api.Close()
	changed := make(chan *opensdk.UserChanged, 1)
	go func() {
		for event, err := range api.OnUserChanged(ctx, connection.User) {
			if err == nil {
				changed <- event
				return
			}
			log.Print(err)
		}
	}()
	for {
		renamed, err := api.UsersRename(ctx, opensdk.NewName{Name: "Alan"})
		if err != nil {
			return err
		}
		select {
		case event := <-changed:
			show("RPC", renamed)
			show("event", &event.User)
			return exportOrders(ctx, api)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// exportOrders shows how far a long job is, and its result: a stream. To leave the loop is to cancel it.
func exportOrders(ctx context.Context, api *opensdk.APIClient) error {
	for progress, err := range api.OrdersExport(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("export: %d of %d orders\n", progress.Done, progress.Total)
		if progress.CSV != nil {
			lines := strings.Fields(*progress.CSV)
			fmt.Println("last line:", lines[len(lines)-1])
		}
	}
	return nil
}
