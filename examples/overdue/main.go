// Command overdue is a service that labels the tasks of a project which are past their due
// date: first those that there are, then each one that changes.
//
//	CENTRIFUGO_URL=ws://127.0.0.1:8000/connection/websocket CENTRIFUGO_TOKEN=… overdue website
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	tasks "example.com/centrifugo_client"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: overdue PROJECT")
	}
	if err := run(os.Args[1]); err != nil {
		log.Fatal(err)
	}
}

func run(project string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	api := tasks.NewAPIClient(os.Getenv("CENTRIFUGO_URL"), os.Getenv("CENTRIFUGO_TOKEN"), "")
	defer api.Close()
	if err := api.Connect(ctx); err != nil {
		return err
	}
	l := labeller{api: api, project: project, now: time.Now}
	if err := l.labelAll(ctx); err != nil {
		return err
	}
	return l.watch(ctx)
}
