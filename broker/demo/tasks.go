package demo

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
)

var uuid = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// named returns the task whose id is in the params.
func (d *Demo) named(c call, required ...string) (*task, error) {
	var params struct {
		TaskID string `json:"task_id"`
	}
	if err := c.decode(&params, append(required, "task_id")...); err != nil {
		return nil, err
	}
	id := strings.ToLower(params.TaskID)
	if !uuid.MatchString(id) {
		return nil, invalid(issue{[]string{"task_id"}, "Input should be a valid UUID", "uuid_parsing"})
	}
	return d.store.byID(id)
}

func (d *Demo) tasksGet(c call) (any, error) { return d.named(c) }

// pause is between the words of a text, so that people see how it is written.
const pause = 50 * time.Millisecond

// tasksSummarize writes a text about a task, a word at a time.
func (d *Demo) tasksSummarize(c call, emit func(any) error) error {
	t, err := d.named(c)
	if err != nil {
		return err
	}
	who := "nobody"
	if t.Assignee != nil {
		who = t.Assignee.Name
	}
	text := fmt.Sprintf("%q is %s, and %s works on it.", t.Title, strings.ReplaceAll(t.Status, "_", " "), who)
	for _, word := range strings.SplitAfter(text, " ") {
		if err := emit(word); err != nil {
			return err
		}
		select {
		case <-time.After(pause):
		case <-c.ctx.Done():
		}
	}
	return nil
}

func (d *Demo) tasksDelete(c call) (any, error) {
	t, err := d.named(c)
	if err != nil {
		return nil, err
	}
	d.store.remove(t.ID)
	return nil, nil
}

func (d *Demo) tasksSeen(c call) (any, error) {
	_, err := d.named(c, "seen_at")
	return nil, err
}

func (d *Demo) tasksCreate(c call) (any, error) {
	var params struct {
		ProjectID   string            `json:"project_id"`
		Title       string            `json:"title"`
		Body        string            `json:"body"`
		Priority    int               `json:"priority"`
		AssigneeID  *string           `json:"assignee_id"`
		Labels      []string          `json:"labels"`
		Attachments []json.RawMessage `json:"attachments"`
		Place       json.RawMessage   `json:"place"`
		Repeat      *repeat           `json:"repeat"`
		Cost        *json.Number      `json:"cost"`
		Due         *string           `json:"due"`
	}
	if err := c.decode(&params, "project_id", "title"); err != nil {
		return nil, err
	}
	if n := len([]rune(params.Title)); n < 1 || n > 200 {
		return nil, invalid(issue{[]string{"title"}, "String should have 1 to 200 characters", "string_length"})
	}
	if params.ProjectID == closedProject {
		return nil, &rpcError{Code: codeProjectClosed, Message: "the project is closed"}
	}
	t := newTask(newID(), params.ProjectID, params.Title, now())
	t.Body, t.Due, t.Cost = params.Body, params.Due, decimal(params.Cost)
	t.Place = withDefaults(params.Place, map[string]string{"street": "postcode"})
	t.Assignee = userOf(params.AssigneeID)
	t.Labels = append(t.Labels, params.Labels...)
	if params.Priority != 0 {
		t.Priority = params.Priority
	}
	if params.Repeat != nil {
		t.Repeat = mustMarshal(params.Repeat)
	}
	for _, attachment := range params.Attachments {
		t.Attachments = append(t.Attachments, withDefaults(attachment, map[string]string{"content": "checksum"}))
	}
	d.store.put(t)
	return t, nil
}

// taskChanges are the members of the fixtures' UpdateTaskParams. Null does not change a member that cannot be null.
type taskChanges struct {
	Title      *string      `json:"title"`
	Status     *string      `json:"status"`
	AssigneeID *string      `json:"assignee_id"`
	Due        *string      `json:"due"`
	Cost       *json.Number `json:"cost"`
	Labels     []string     `json:"labels"`
}

// tasksUpdate changes the members that are there, clears those that are null, and tells the project's subscribers.
func (d *Demo) tasksUpdate(c call) (any, error) {
	old, err := d.named(c)
	if err != nil {
		return nil, err
	}
	var changes taskChanges
	if err := c.decode(&changes); err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := c.decode(&members); err != nil {
		return nil, err
	}
	has := func(name string) bool { _, ok := members[name]; return ok }

	t := *old
	t.UpdatedAt = now()
	if changes.Title != nil {
		t.Title = *changes.Title
	}
	if changes.Status != nil {
		t.Status, t.ClosedAt = *changes.Status, nil
		if t.Status == "done" {
			t.ClosedAt = &t.UpdatedAt
		}
	}
	if changes.Labels != nil {
		t.Labels = changes.Labels
	}
	if has("assignee_id") {
		t.Assignee = userOf(changes.AssigneeID)
	}
	if has("due") {
		t.Due = changes.Due
	}
	if has("cost") {
		t.Cost = decimal(changes.Cost)
	}
	d.store.put(&t)
	d.publishTaskUpdated(old, &t, userOf(&c.user))
	return &t, nil
}

// repeat is the fixtures' Repeat.
type repeat struct {
	Every json.RawMessage `json:"every"`
	At    *string         `json:"at"`
	Until *string         `json:"until"`
}

func userOf(id *string) *user {
	if id == nil {
		return nil
	}
	return &user{ID: *id, Name: "User " + *id}
}

// decimal returns a number as results contain a Decimal: as a string.
func decimal(n *json.Number) *string {
	if n == nil {
		return nil
	}
	text := n.String()
	return &text
}

// withDefaults adds members that params may leave out and results always have. For each pair in optional, an object
// that has the first member gets the second one as null, unless it has it.
func withDefaults(data json.RawMessage, optional map[string]string) json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(data, &members) != nil || members == nil {
		return data
	}
	for present, name := range optional {
		_, applies := members[present]
		if _, ok := members[name]; applies && !ok {
			members[name] = json.RawMessage("null")
		}
	}
	return mustMarshal(members)
}

// mustMarshal writes a value that came from JSON, and so cannot fail.
func mustMarshal(value any) json.RawMessage {
	data, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return data
}

type taskUpdated struct {
	Task    *task        `json:"task"`
	Changes []taskChange `json:"changes"`
	By      *user        `json:"by"`
}

type taskChange struct {
	Member string `json:"member"`
	Before any    `json:"before"`
	After  any    `json:"after"`
}

// publishTaskUpdated tells the subscribers of the task's project what has changed.
func (d *Demo) publishTaskUpdated(before, after *task, by *user) {
	event := taskUpdated{Task: after, Changes: []taskChange{}, By: by}
	for _, change := range []taskChange{
		{"title", before.Title, after.Title},
		{"status", before.Status, after.Status},
		{"priority", before.Priority, after.Priority},
	} {
		if change.Before != change.After {
			event.Changes = append(event.Changes, change)
		}
	}
	d.publishEvent("tasks:"+after.Project, event)
}

type maintenance struct {
	StartsAt time.Time `json:"starts_at"`
	Duration string    `json:"duration"`
	Reason   string    `json:"reason"`
}
