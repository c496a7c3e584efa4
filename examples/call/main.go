// Command call makes a call through a generated client, reads a stream and waits for an event,
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
)

// task is one that the demo has from the start.
const task = "0b9d5a4e-7f0a-4c3e-9a57-2f6f2b0d1c11"

func main() {
	url := "ws://127.0.0.1:8000/connection/websocket"
	switch len(os.Args) {
	case 2:
	case 3:
		url = os.Args[2]
	default:
		log.Fatal("usage: call TOKEN [URL]")
	}
	if err := run(url, os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

// run calls a method and one that streams, then waits for an event: the demo publishes one every two seconds.
func run(url, token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	api := centrifugo.NewAPIClient(url, token, "456")
	defer api.Close()

	stats, err := api.TasksGetStats(ctx, centrifugo.TaskStatsParams{UserID: "456"}) // it connects
	if err != nil {
		return err
	}
	fmt.Printf("tasks.get_stats: %d tasks, %d in progress\n",
		stats.Total, stats.ByStatus[centrifugo.TaskStatusInProgress])

	fmt.Print("tasks.summarize: ")
	for word, err := range api.TasksSummarize(ctx, centrifugo.GetTaskParams{TaskID: task}) {
		if err != nil {
			return err
		}
		fmt.Print(word)
	}
	fmt.Println()

	for event, err := range api.OnTaskUpdated(ctx, "website") {
		if err != nil {
			return err
		}
		fmt.Printf("task.updated: %q has priority %d now\n", event.Task.Title, event.Task.Priority)
		break
	}
	return nil
}
