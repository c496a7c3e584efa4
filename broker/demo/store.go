package demo

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

// Tasks and projects that exist from the start; closedProject takes no new tasks.
const (
	firstTask     = "0b9d5a4e-7f0a-4c3e-9a57-2f6f2b0d1c11"
	secondTask    = "5f3c1a52-93f7-4a55-8f0e-6d3f5f0f8a02"
	openProject   = "website"
	closedProject = "closed"
)

// maxTasks bounds the store, so that a long test run does not grow without end.
const maxTasks = 1000

// user is the fixtures' User.
type user struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Email    *string `json:"email"`
	Homepage *string `json:"homepage"`
}

// task is the fixtures' Task; members that the demo does not read are kept as raw JSON.
type task struct {
	ID          string            `json:"id"`
	Project     string            `json:"project"`
	Title       string            `json:"title"`
	Body        string            `json:"body"`
	Status      string            `json:"status"`
	Priority    int               `json:"priority"`
	Assignee    *user             `json:"assignee"`
	OwnerName   *string           `json:"owner_name"`
	Labels      []string          `json:"labels"`
	Attachments []json.RawMessage `json:"attachments"`
	Place       json.RawMessage   `json:"place"`
	Comments    []json.RawMessage `json:"comments"`
	Repeat      json.RawMessage   `json:"repeat"`
	Effort      json.RawMessage   `json:"effort"`
	Cost        *string           `json:"cost"`
	Due         *string           `json:"due"`
	CreatedAt   time.Time         `json:"created_at"`
	UpdatedAt   time.Time         `json:"updated_at"`
	ClosedAt    *time.Time        `json:"closed_at"`
}

// project is the fixtures' Project.
type project struct {
	ID       string                     `json:"id"`
	Title    string                     `json:"title"`
	Team     *team                      `json:"team"`
	Budget   string                     `json:"budget"`
	StartsOn *string                    `json:"starts_on"`
	Settings map[string]json.RawMessage `json:"settings"`
}

// store holds what the methods read and change. Tasks are replaced, never changed, so that they can be read without a
// lock.
type store struct {
	mu       sync.Mutex
	tasks    map[string]*task
	deleted  map[string]time.Time
	projects map[string]*project
}

func newStore() *store {
	created := time.Date(2025, 3, 1, 8, 0, 0, 0, time.UTC)
	first := newTask(firstTask, openProject, "Write the README", created)
	first.Status, first.Priority, first.Labels = "in_progress", 3, []string{"docs"}
	first.Assignee = &user{ID: "456", Name: "Ada"}
	second := newTask(secondTask, openProject, "Small", created)
	return &store{
		tasks:   map[string]*task{firstTask: first, secondTask: second},
		deleted: map[string]time.Time{},
		projects: map[string]*project{
			openProject:   newProject(openProject, "Website"),
			closedProject: newProject(closedProject, "Closed"),
		},
	}
}

func newTask(id, project, title string, at time.Time) *task {
	return &task{
		ID: id, Project: project, Title: title, Status: "open", Priority: 2, Labels: []string{},
		Attachments: []json.RawMessage{}, Comments: []json.RawMessage{}, CreatedAt: at, UpdatedAt: at,
	}
}

func newProject(id, title string) *project {
	return &project{ID: id, Title: title, Budget: "0.00", Settings: map[string]json.RawMessage{}}
}

func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// byID returns a task; a missing one is the declared error 404, with its id and when it was deleted.
func (s *store) byID(id string) (*task, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t, ok := s.tasks[id]; ok {
		return t, nil
	}
	data := map[string]any{"task_id": id, "deleted_at": nil}
	if at, ok := s.deleted[id]; ok {
		data["deleted_at"] = at
	}
	return nil, &rpcError{Code: codeTaskNotFound, Message: "no such task", Data: data}
}

// put adds or replaces a task. A full store does not keep new ones.
func (s *store) put(t *task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.tasks[t.ID]; known || len(s.tasks) < maxTasks {
		s.tasks[t.ID] = t
	}
}

func (s *store) remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tasks, id)
	if len(s.deleted) < maxTasks {
		s.deleted[id] = now()
	}
}

// list returns the tasks that the filter accepts, oldest first.
func (s *store) list(pass func(*task) bool) []*task {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := []*task{}
	for _, id := range slices.Sorted(maps.Keys(s.tasks)) {
		if t := s.tasks[id]; pass(t) {
			found = append(found, t)
		}
	}
	slices.SortStableFunc(found, func(a, b *task) int { return a.CreatedAt.Compare(b.CreatedAt) })
	return found
}
