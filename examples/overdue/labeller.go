package main

import (
	"context"
	"errors"
	"log"
	"slices"
	"time"

	tasks "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

// overdue is the label.
const overdue = "overdue"

// labeller labels the tasks of a project that are past their due date.
type labeller struct {
	api     *tasks.APIClient
	project string
	now     func() time.Time
}

// labelAll goes through all tasks of the project.
func (l *labeller) labelAll(ctx context.Context) error {
	params := tasks.ListTasksParams{ProjectID: l.project, Limit: rpc.Ptr[int64](100)}
	for {
		page, err := l.api.TasksList(ctx, params)
		if err != nil {
			return err
		}
		for _, task := range page.Items {
			if err := l.label(ctx, task); err != nil {
				return err
			}
		}
		if page.NextCursor == nil {
			return nil
		}
		params.Cursor = page.NextCursor
	}
}

// watch labels tasks as they change, until ctx is done.
func (l *labeller) watch(ctx context.Context) error {
	for event, err := range l.api.OnTaskUpdated(ctx, l.project) {
		var misfit *rpc.DecodeError
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.As(err, &misfit): // the next event may fit again
			log.Print(err)
		case err != nil:
			return err
		default:
			if err := l.label(ctx, event.Task); err != nil {
				log.Print(err)
			}
		}
	}
	return nil
}

// label labels a task that is open past its due date, unless it was deleted meanwhile.
func (l *labeller) label(ctx context.Context, task tasks.Task) error {
	if task.Due == nil || task.Status == tasks.TaskStatusDone || slices.Contains(task.Labels, overdue) {
		return nil
	}
	if l.now().Before(task.Due.Time().AddDate(0, 0, 1)) {
		return nil
	}
	_, err := l.api.TasksUpdate(ctx, tasks.UpdateTaskParams{TaskID: task.ID, Labels: append(task.Labels, overdue)})
	var deleted *tasks.TaskNotFoundError
	if errors.As(err, &deleted) {
		return nil
	}
	return err
}
