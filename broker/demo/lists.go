package demo

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
)

// listParams is the fixtures' ListTasksParams; the cursor is the number of tasks before the page.
type listParams struct {
	ProjectID string  `json:"project_id"`
	Status    *string `json:"status"`
	Limit     *int    `json:"limit"`
	Cursor    *string `json:"cursor"`
}

type page struct {
	Items      []*task `json:"items"`
	NextCursor *string `json:"next_cursor"`
	Total      int     `json:"total"`
}

func (d *Demo) matching(c call) (listParams, []*task, error) {
	var params listParams
	if err := c.decode(&params, "project_id"); err != nil {
		return params, nil, err
	}
	return params, d.store.list(func(t *task) bool {
		return t.Project == params.ProjectID && (params.Status == nil || t.Status == *params.Status)
	}), nil
}

func (d *Demo) tasksList(c call) (any, error) {
	params, tasks, err := d.matching(c)
	if err != nil {
		return nil, err
	}
	limit, err := limitOf(params.Limit, 50, 500)
	if err != nil {
		return nil, err
	}
	start := 0
	if params.Cursor != nil {
		if start, err = strconv.Atoi(*params.Cursor); err != nil || start < 0 {
			return nil, invalid(issue{[]string{"cursor"}, "Input is not a cursor of this list", "value_error"})
		}
	}
	start = min(start, len(tasks))
	end := min(start+limit, len(tasks))
	result := page{Items: tasks[start:end], Total: len(tasks)}
	if end < len(tasks) {
		cursor := strconv.Itoa(end)
		result.NextCursor = &cursor
	}
	return result, nil
}

func limitOf(limit *int, standard, most int) (int, error) {
	if limit == nil {
		return standard, nil
	}
	if *limit < 1 || *limit > most {
		return 0, invalid(issue{[]string{"limit"}, "Input should be between 1 and " + strconv.Itoa(most), "range"})
	}
	return *limit, nil
}

func (d *Demo) tasksCount(c call) (any, error) {
	_, tasks, err := d.matching(c)
	return len(tasks), err
}

type searchHit struct {
	Task       *task               `json:"task"`
	Score      float64             `json:"score"`
	Highlights map[string][][2]int `json:"highlights"`
}

// tasksSearch finds tasks by their titles; it ignores the filter.
func (d *Demo) tasksSearch(c call) (any, error) {
	var params struct {
		Text   string          `json:"text"`
		Filter json.RawMessage `json:"filter"`
		Limit  *int            `json:"limit"`
	}
	if err := c.decode(&params); err != nil {
		return nil, err
	}
	limit, err := limitOf(params.Limit, 20, 100)
	if err != nil {
		return nil, err
	}
	hits := []searchHit{}
	text := strings.ToLower(params.Text)
	for _, t := range d.store.list(func(*task) bool { return true }) {
		at := strings.Index(strings.ToLower(t.Title), text)
		if at < 0 || len(hits) == limit {
			continue
		}
		hit := searchHit{Task: t, Score: 1, Highlights: map[string][][2]int{}}
		if text != "" {
			hit.Score = float64(len(text)) / float64(len(t.Title))
			hit.Highlights["title"] = [][2]int{{at, at + len(text)}}
		}
		hits = append(hits, hit)
	}
	return hits, nil
}

type statsResult struct {
	UserID          string         `json:"user_id"`
	Total           int            `json:"total"`
	ByStatus        map[string]int `json:"by_status"`
	ByPriority      map[string]int `json:"by_priority"`
	Completion      float64        `json:"completion"`
	MeanTimeToClose *string        `json:"mean_time_to_close"`
	Oldest          *task          `json:"oldest"`
	ComputedAt      time.Time      `json:"computed_at"`
}

// tasksGetStats counts all tasks, whoever they are assigned to, so that a newcomer's first call shows some.
func (d *Demo) tasksGetStats(c call) (any, error) {
	var params struct {
		UserID        string     `json:"user_id"`
		ProjectIDs    []string   `json:"project_ids"`
		Since         *time.Time `json:"since"`
		IncludeClosed *bool      `json:"include_closed"`
	}
	if err := c.decode(&params, "user_id"); err != nil {
		return nil, err
	}
	result := statsResult{
		UserID: params.UserID, ByStatus: map[string]int{}, ByPriority: map[string]int{}, ComputedAt: now(),
	}
	tasks := d.store.list(func(t *task) bool {
		return (params.ProjectIDs == nil || slices.Contains(params.ProjectIDs, t.Project)) &&
			(params.Since == nil || !t.CreatedAt.Before(*params.Since)) &&
			(params.IncludeClosed == nil || *params.IncludeClosed || t.Status != "done")
	})
	for _, t := range tasks {
		result.ByStatus[t.Status]++
		result.ByPriority[strconv.Itoa(t.Priority)]++
	}
	if result.Total = len(tasks); result.Total > 0 {
		result.Oldest = tasks[0]
		result.Completion = float64(result.ByStatus["done"]) / float64(result.Total)
	}
	if result.ByStatus["done"] > 0 {
		span := "P3DT4H"
		result.MeanTimeToClose = &span
	}
	return result, nil
}
