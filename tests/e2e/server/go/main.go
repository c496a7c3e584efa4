// Command server calls every method of the example through its Go client; see
// ../README.md.
//
//	go run . CONFIG
//
// CONFIG is a JSON object: url, token, user, transport, project, tasks (three ids).
// The last line on standard output is a JSON object: results by method, errors, and
// events.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	sdk "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

const due = "2030-01-31T08:30:00.123456Z"

// long is longer than anything takes: it ends a run that hangs, and decides
// nothing else.
const long = time.Minute

// transports are those of CONFIG.
var transports = map[string]rpc.Transport{"pubsub": rpc.TransportPubSub, "rpc": rpc.TransportRPC}

// failure is an error as it is printed.
type failure struct {
	Type    string `json:"type"`
	Code    int64  `json:"code"`
	Message string `json:"message"`
	Data    any    `json:"data"`
}

// run is a connected client, and what it saw.
type run struct {
	rpc           *sdk.CentrifugoRPCClient
	api           *sdk.APIClient
	user, project string
	tasks         [3]rpc.UUID
	results       [][2]any
	errors        []failure
	events        chan *sdk.TaskUpdated
	native        bool // no streams
}

func main() {
	var config struct {
		URL, Token, User, Transport, Project string
		Tasks                                [3]rpc.UUID
	}
	if err := json.Unmarshal([]byte(os.Args[1]), &config); err != nil {
		log.Fatal(err)
	}
	client := sdk.NewCentrifugoRPCClient(config.URL, config.Token, config.User,
		rpc.WithTransport(transports[config.Transport]), rpc.WithTimeout(long))
	r := &run{
		rpc: client, api: sdk.NewAPIClientWith(client), user: config.User, project: config.Project, tasks: config.Tasks,
		events: make(chan *sdk.TaskUpdated, 1000), native: config.Transport == "rpc",
	}
	seen, err := r.all(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(seen); err != nil {
		log.Fatal(err)
	}
}

// all does it all, and returns what was seen.
func (r *run) all(ctx context.Context) (map[string]any, error) {
	if err := r.rpc.Connect(ctx); err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer func() {
		stop()
		_ = r.rpc.Close() // all is over then
	}()
	for _, step := range []func(context.Context) error{r.begin, r.callTasks, r.finish, r.provokeAll, r.end} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	events := []*sdk.TaskUpdated{}
	for len(events) < 3 {
		select {
		case event := <-r.events:
			if event.Task.Title != "try" {
				events = append(events, event)
			}
		case <-time.After(long):
			return nil, errors.New("an event does not come")
		}
	}
	return map[string]any{"results": r.results, "errors": r.errors, "events": events}, nil
}

// note keeps a result; its arguments may be those of a call.
func (r *run) note(method string) func(result any, err error) error {
	return func(result any, err error) error {
		r.results = append(r.results, [2]any{method, result})
		return err
	}
}

// nameOf is the name of an error in all languages: in Go all end in Error.
func nameOf(err error) string {
	switch err.(type) {
	case *rpc.Error:
		return "RPCError"
	case *sdk.TaskNotFoundError:
		return "TaskNotFound"
	}
	return reflect.TypeOf(err).Elem().Name()
}

// failed returns the error that a call ended with, or fails.
func failed(err error) (failure, error) {
	var answer *rpc.Error
	if !errors.As(err, &answer) {
		return failure{}, fmt.Errorf("no answer of the server: %w", err)
	}
	f := failure{Type: nameOf(err), Code: answer.Code, Message: answer.Message}
	switch e := err.(type) {
	case *rpc.InvalidParamsError:
		issues := []map[string]any{}
		for _, issue := range e.Issues {
			issues = append(issues, map[string]any{"loc": issue.Loc, "msg": issue.Msg, "type": issue.Type})
		}
		f.Data = issues
	case *sdk.TaskNotFoundError:
		f.Data = e.Data
	}
	return f, nil
}

// fail keeps the error that a call ended with.
func (r *run) fail(err error) error {
	f, err := failed(err)
	r.errors = append(r.errors, f)
	return err
}

// begin waits until events come: a subscription does not say when it has begun.
func (r *run) begin(ctx context.Context) error {
	go func() {
		for event, err := range r.api.OnTaskUpdated(ctx, r.project) {
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				log.Fatal(err)
			}
			r.events <- event
		}
	}()
	for len(r.events) == 0 {
		if _, err := r.api.TasksAdd(ctx, sdk.NewTask{ProjectID: r.project, Title: "try"}); err != nil {
			return err
		}
	}
	_, err := r.api.TasksClear(ctx, sdk.ProjectRef{ProjectID: r.project})
	if err := r.fail(err); err != nil {
		return err
	}
	if err := r.note("faults.promote")(nil, r.api.FaultsPromote(ctx)); err != nil {
		return err
	}
	_, err = r.api.TasksClear(ctx, sdk.ProjectRef{ProjectID: r.project})
	return err
}

// result turns what a method returns into what note takes.
func result[T any](value T, err error) (any, error) { return value, err }

// callTasks calls methods with values of all types.
func (r *run) callTasks(ctx context.Context) error {
	yes, message, high, limit, dueAt := true, "back at 5 — 再见", sdk.PriorityHigh, int64(10), rpc.DateTime(due)
	estimate := rpc.Decimal("12.50")
	online := sdk.UserPresenceParams{UserID: r.user, Status: sdk.PresenceStatusOnline}
	online.SetMessageNull()
	full := sdk.NewTask{
		ID: &r.tasks[0], ProjectID: r.project, Title: "All of it: <b>\"é\"</b>\n", Priority: &high, Tags: []string{"a", "b"},
		Assignee: sdk.Team{Name: "core", Members: []sdk.Person{{UserID: "1"}, {UserID: "2"}}},
		Estimate: &estimate, Due: &dueAt,
	}
	search := func(filter sdk.TaskSearchFilter) sdk.TaskSearch {
		s := sdk.TaskSearch{ProjectID: r.project, Limit: &limit, Filter: filter}
		if filter == nil {
			s.SetFilterNull()
		}
		return s
	}
	period := sdk.ByDueBetween{V0: "2030-01-30T08:30:00.123456Z", V1: "2030-02-01T08:30:00.123456Z"}
	return errors.Join(
		r.note("system.health")(result(r.api.SystemHealth(ctx, sdk.HealthCheckParams{IncludeServices: &yes}))),
		r.note("users.update_presence")(result(r.api.UsersUpdatePresence(ctx,
			sdk.UserPresenceParams{UserID: r.user, Status: sdk.PresenceStatusAway, Message: &message}))),
		r.note("users.update_presence")(result(r.api.UsersUpdatePresence(ctx, online))),
		r.note("tasks.add")(result(r.api.TasksAdd(ctx, full))),
		r.note("tasks.add")(result(r.api.TasksAdd(ctx, sdk.NewTask{ID: &r.tasks[1], ProjectID: r.project, Title: "Least"}))),
		r.note("tasks.get")(result(r.api.TasksGet(ctx, sdk.TaskRef{TaskID: r.tasks[0]}))),
		r.note("tasks.search")(result(r.api.TasksSearch(ctx, search(nil)))),
		r.note("tasks.search")(result(r.api.TasksSearch(ctx, search(sdk.ByTag{Tag: "b"})))),
		r.note("tasks.search")(result(r.api.TasksSearch(ctx, search(sdk.ByDue{Between: period})))),
	)
}

// finish calls the other methods.
func (r *run) finish(ctx context.Context) error {
	project, second := sdk.ProjectRef{ProjectID: r.project}, sdk.TaskRef{TaskID: r.tasks[1]}
	at := rpc.DateTime("2030-02-01T00:00:00Z")
	err := errors.Join(
		//lint:ignore SA1019 it is deprecated, and has to work
		r.note("tasks.list")(result(r.api.TasksList(ctx, project))),
		r.note("tasks.get_stats")(result(r.api.TasksGetStats(ctx, project))),
		r.note("tasks.seen")(nil, r.api.TasksSeen(ctx, second)),
	)
	for views := int64(0); views == 0 && err == nil; {
		var task *sdk.TaskView
		if task, err = r.api.TasksGet(ctx, second); err == nil {
			views = task.Views
		}
	}
	return errors.Join(
		err,
		r.summarize(ctx, project),
		r.note("tasks.finish")(result(r.api.TasksFinish(ctx, sdk.FinishTask{TaskID: second.TaskID, At: &at}))),
		r.note("tasks.clear")(result(r.api.TasksClear(ctx, project))),
	)
}

// summarize reads the stream of the example, which native RPC does not have.
func (r *run) summarize(ctx context.Context, project sdk.ProjectRef) error {
	if r.native {
		return nil
	}
	var pieces []string
	for piece, err := range r.api.TasksSummarize(ctx, project) {
		if err != nil {
			return err
		}
		pieces = append(pieces, piece)
	}
	return r.note("tasks.summarize")(pieces, nil)
}

// altered sends another request than it is told, which the API does not have.
type altered struct {
	rpc.Caller
	method string
	params json.RawMessage
}

// Call implements [rpc.Caller].
func (a altered) Call(ctx context.Context, req rpc.Request) (json.RawMessage, error) {
	req.Method, req.Params = a.method, a.params
	return a.Caller.Call(ctx, req)
}

// call calls through the typed client, which makes errors what they are.
func (a altered) call(ctx context.Context) error {
	return sdk.NewAPIClientWith(a).FaultsCrash(ctx)
}

// provokeAll sees each error that a server can answer with.
func (r *run) provokeAll(ctx context.Context) error {
	_, missing := r.api.TasksGet(ctx, sdk.TaskRef{TaskID: r.tasks[2]})
	params := json.RawMessage(`{"project_id":"No!","priority":7,"tags":["",1],"due":"now"}`)
	wrong := altered{r.rpc, "tasks.add", params}.call(ctx)
	unknown := altered{r.rpc, "no.such_method", nil}.call(ctx)
	unnamed := altered{r.rpc, strings.Repeat("m", 300), nil}.call(ctx)
	unread, crash := r.api.FaultsParse(ctx), r.api.FaultsCrash(ctx)
	_, flood := r.api.FaultsFlood(ctx)
	for _, err := range []error{missing, wrong, unknown, unnamed, unread, crash, flood} {
		if err := r.fail(err); err != nil {
			return err
		}
	}
	return r.provokeOverload(ctx)
}

// provokeOverload sees that there is place for two calls, and that their
// deadline ends them.
func (r *run) provokeOverload(ctx context.Context) error {
	for {
		ended := make(chan error)
		for range 3 {
			go func() { ended <- r.api.FaultsHold(ctx, rpc.WithCallTimeout(long)) }()
		}
		var seen []failure
		for range 3 {
			f, err := failed(<-ended)
			if err != nil {
				return err
			}
			seen = append(seen, f)
		}
		slices.SortFunc(seen, func(a, b failure) int { return int(b.Code - a.Code) })
		if seen[0].Code == -32000 && seen[1].Code == -32000 && seen[2].Code == -32003 {
			r.errors = append(r.errors, seen[1:]...)
			return nil
		}
	}
}

// end uses all calls up that a user has, and sees the worker go.
func (r *run) end(ctx context.Context) error {
	waited := make(chan error)
	go func() { waited <- r.api.FaultsWait(ctx, rpc.WithCallTimeout(long)) }()
	var err error
	for err == nil {
		_, err = r.api.SystemHealth(ctx, sdk.HealthCheckParams{})
	}
	if err := r.fail(err); err != nil {
		return err
	}
	fmt.Println("limited")
	return r.fail(<-waited)
}
