// Command tasks calls the API once.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"example.com/centrifugo_client"
)

func main() {
	if err := run(context.Background(), os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, url, token string) error {
	api := centrifugo_client.NewAPIClient(url, token, "456")
	if err := api.Connect(ctx); err != nil {
		return err
	}
	defer api.Close()
	stats, err := api.TasksGetStats(ctx, centrifugo_client.TaskStatsParams{UserID: "456"})
	if err != nil {
		return err
	}
	fmt.Printf("%s has %d tasks\n", stats.UserID, stats.Total)
	return nil
}
