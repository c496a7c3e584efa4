// Command call makes a call through a generated client and waits for an event,
// for user 456 of "wsgen-broker --demo"; the README of the repository runs it:
//
//	go run . TOKEN [URL]
package main

import (
	"context"
	"fmt"
	"log"
	"os"
	"time"

	centrifugo "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

func main() {
	if len(os.Args) < 2 || len(os.Args) > 3 {
		log.Fatal("usage: call TOKEN [URL]")
	}
	url := "ws://127.0.0.1:8000/connection/websocket"
	if len(os.Args) == 3 {
		url = os.Args[2]
	}
	if err := run(url, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// run calls a method, then waits for an event: the demo publishes one every two seconds.
func run(url, token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	// It connects again by itself, also where the broker comes up later; so say why it waits.
	why := rpc.WithStateFunc(func(_ rpc.State, cause error) {
		if cause != nil {
			log.Print(cause)
		}
	})
	api := centrifugo.NewAPIClient(url, token, "456", why)
	if err := api.Connect(ctx); err != nil {
		return err
	}
	defer api.Close()

	stats, err := api.TasksGetStats(ctx, centrifugo.TaskStatsParams{UserID: "456"})
	if err != nil {
		return err
	}
	fmt.Printf("tasks.get_stats: %d tasks, %d in progress\n",
		stats.Total, stats.ByStatus[centrifugo.TaskStatusInProgress])

	for event, err := range api.OnTaskUpdated(ctx, "website") {
		if err != nil {
			return err
		}
		fmt.Printf("task.updated: %q has priority %d now\n", event.Task.Title, event.Task.Priority)
		break
	}
	return nil
}
