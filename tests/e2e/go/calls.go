package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	sdk "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

// method makes one call and checks what comes back. It is told a mark that no
// other call has, and a task that no other call in flight uses; what comes back
// must show one of them.
type method struct {
	name  string
	check func(s *session, ctx context.Context, mark string, own *sdk.Task) error
}

var methods = []method{
	{"tasks.get_stats", (*session).checkGetStats},
	{"tasks.create", (*session).checkCreate},
	{"tasks.update", (*session).checkUpdate},
	{"tasks.get", (*session).checkGet},
	{"tasks.list", (*session).checkList},
	{"tasks.search", (*session).checkSearch},
	{"tasks.delete", (*session).checkDelete},
	{"tasks.seen", (*session).checkSeen},
	{"projects.list", (*session).checkListProjects},
	{"projects.save", (*session).checkSaveProject},
	{"tasks.count", (*session).checkCount},
	{"cache.clear", (*session).checkClearCache},
}

// work calls one method after another, and notes how each call ends.
func (s *session) work(ctx context.Context, numbers <-chan int, own *sdk.Task) {
	for number := range numbers {
		m := methods[number%len(methods)]
		losses := s.losses.Load()
		err := m.check(s, ctx, fmt.Sprintf("%s %d", s.user, number), own)
		s.note(err, s.losses.Load() > losses, m.name)
	}
}

// note counts a call that has ended, perhaps after a connection was lost meanwhile.
func (s *session) note(err error, interrupted bool, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lost *rpc.ConnectionLostError
	var timeout *rpc.TimeoutError
	switch {
	case err == nil:
		s.summary.OK++
		if interrupted {
			s.summary.Survived++
		}
	case errors.As(err, &lost):
		s.summary.Lost++
		s.summary.countFailed(lost.CallInfo)
	case errors.As(err, &timeout) && interrupted:
		s.summary.TimedOut++
		s.summary.countFailed(timeout.CallInfo)
	default:
		s.summary.Failures = append(s.summary.Failures, fmt.Sprintf("%s: %v", name, err))
	}
}

// countFailed counts a call that was lost or timed out.
func (s *summary) countFailed(call rpc.CallInfo) {
	s.Failed[call.Method]++
	if !call.Sent {
		s.Unsent++
	}
}

// equal fails unless a value is the expected one.
func equal(what string, got, want any) error {
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s is %+v, want %+v", what, got, want)
	}
	return nil
}

// create creates a task, and checks that the reply is to this very call.
func (s *session) create(ctx context.Context, project, title string) (*sdk.Task, error) {
	task, err := s.api.TasksCreate(ctx, sdk.CreateTaskParams{ProjectID: project, Title: title})
	if err != nil {
		return nil, err
	}
	return task, equal("the new task", []string{task.Project, task.Title}, []string{project, title})
}

// update gives the shared task a title that no other update gives, and returns
// where its event comes.
func (s *session) update(ctx context.Context, title string) (<-chan *sdk.TaskUpdated, error) {
	event := make(chan *sdk.TaskUpdated, 1)
	s.mu.Lock()
	s.awaited[title] = event
	s.mu.Unlock()
	task, err := s.api.TasksUpdate(ctx, sdk.UpdateTaskParams{TaskID: s.shared, Title: &title})
	if err != nil {
		return nil, err
	}
	return event, equal("title", task.Title, title)
}

func (s *session) checkGetStats(ctx context.Context, mark string, _ *sdk.Task) error {
	stats, err := s.api.TasksGetStats(ctx, sdk.TaskStatsParams{UserID: mark})
	if err != nil {
		return err
	}
	return equal("user", stats.UserID, mark)
}

func (s *session) checkCreate(ctx context.Context, mark string, _ *sdk.Task) error {
	_, err := s.create(ctx, s.user+".new", mark)
	return err
}

// checkUpdate: the title comes back in the result, and in a typed event.
func (s *session) checkUpdate(ctx context.Context, mark string, _ *sdk.Task) error {
	event, err := s.update(ctx, mark)
	if err != nil {
		return err
	}
	select {
	case e := <-event:
		i := slices.IndexFunc(e.Changes, func(c sdk.TaskChange) bool { return c.Member == "title" })
		if i < 0 || e.By == nil {
			return fmt.Errorf("the event of %q has changes %v by %v", mark, e.Changes, e.By)
		}
		after, err := json.Marshal(mark)
		if err != nil {
			return err
		}
		return equal("change", []string{string(e.Changes[i].After), e.By.ID}, []string{string(after), s.user})
	case <-time.After(patience):
		return fmt.Errorf("no event for %q", mark)
	}
}

func (s *session) checkGet(ctx context.Context, _ string, own *sdk.Task) error {
	task, err := s.api.TasksGet(ctx, sdk.GetTaskParams{TaskID: own.ID})
	if err != nil {
		return err
	}
	return equal("task", task, own)
}

// checkList: the only task of a project comes back.
func (s *session) checkList(ctx context.Context, _ string, own *sdk.Task) error {
	page, err := s.api.TasksList(ctx, sdk.ListTasksParams{ProjectID: own.Project})
	if err != nil {
		return err
	}
	return equal("page", page, &sdk.PageTask{Items: []sdk.Task{*own}, Total: 1})
}

// checkSearch: the only task with a title comes back.
func (s *session) checkSearch(ctx context.Context, _ string, own *sdk.Task) error {
	hits, err := s.api.TasksSearch(ctx, sdk.SearchTasksParams{Text: &own.Title})
	if err != nil {
		return err
	}
	all := []sdk.SearchHitHighlightsValueItem{{V0: 0, V1: int64(len(own.Title))}}
	want := sdk.SearchHit{Task: *own, Score: 1, Highlights: map[string][]sdk.SearchHitHighlightsValueItem{"title": all}}
	return equal("hits", hits, []sdk.SearchHit{want})
}

// checkDelete: a success says nothing, so a task is deleted that is not there,
// and its id comes back.
func (s *session) checkDelete(ctx context.Context, _ string, _ *sdk.Task) error {
	id := newUUID()
	err := s.api.TasksDelete(ctx, sdk.DeleteTaskParams{TaskID: id})
	var missing *sdk.TaskNotFoundError
	if !errors.As(err, &missing) {
		return fmt.Errorf("no TaskNotFoundError: %w", err)
	}
	return equal("missing task", missing.Data.TaskID, id)
}

func newUUID() rpc.UUID {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return rpc.UUID(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:]))
}

// checkSeen: a notification, nothing comes back.
func (s *session) checkSeen(ctx context.Context, _ string, own *sdk.Task) error {
	return s.api.TasksSeen(ctx, sdk.TaskSeenParams{TaskID: own.ID, SeenAt: rpc.NewDateTime(time.Now())})
}

// checkListProjects: it has no params, so that all replies are alike.
func (s *session) checkListProjects(ctx context.Context, _ string, _ *sdk.Task) error {
	projects, err := s.api.ProjectsList(ctx)
	if err != nil {
		return err
	}
	known := slices.ContainsFunc(projects, func(p sdk.Project) bool { return p.ID == "website" })
	return equal("website is listed", known, true)
}

func (s *session) checkSaveProject(ctx context.Context, mark string, _ *sdk.Task) error {
	saved, err := s.api.ProjectsSave(ctx, sdk.Project{ID: "e2e", Title: mark})
	if err != nil {
		return err
	}
	return equal("title", saved.Title, mark)
}

// checkCount: a number comes back, which tells only two kinds of calls apart.
func (s *session) checkCount(ctx context.Context, mark string, own *sdk.Task) error {
	status, want := sdk.TaskStatusDone, int64(0)
	if strings.Contains("048", mark[len(mark)-1:]) {
		status, want = sdk.TaskStatusOpen, 1
	}
	count, err := s.api.TasksCount(ctx, sdk.ListTasksParams{ProjectID: own.Project, Status: &status}) //lint:ignore SA1019 all methods are called
	if err != nil {
		return err
	}
	return equal("count", count, want)
}

// checkClearCache: nothing goes and nothing comes back.
func (s *session) checkClearCache(ctx context.Context, _ string, _ *sdk.Task) error {
	return s.api.CacheClear(ctx)
}
