package demo

import (
	"encoding/json"
	"maps"
	"slices"
)

// team is the fixtures' Team, which refers to itself through its members.
type team struct {
	Name    string   `json:"name"`
	Members []member `json:"members"`
}

type member struct {
	User       user   `json:"user"`
	Role       string `json:"role"`
	OtherTeams []team `json:"other_teams"`
}

// fill sets the defaults of members that params may leave out and results always have.
func (t *team) fill() {
	if t.Members == nil {
		t.Members = []member{}
	}
	for i := range t.Members {
		m := &t.Members[i]
		if m.Role == "" {
			m.Role = "member"
		}
		if m.OtherTeams == nil {
			m.OtherTeams = []team{}
		}
		for j := range m.OtherTeams {
			m.OtherTeams[j].fill()
		}
	}
}

func (d *Demo) projectsList(call) (any, error) {
	d.store.mu.Lock()
	defer d.store.mu.Unlock()
	result := []*project{}
	for _, id := range slices.Sorted(maps.Keys(d.store.projects)) {
		result = append(result, d.store.projects[id])
	}
	return result, nil
}

func (d *Demo) projectsSave(c call) (any, error) {
	var params struct {
		project
		Budget *json.Number `json:"budget"` // a number or a string, where a result has a string
	}
	if err := c.decode(&params, "id", "title"); err != nil {
		return nil, err
	}
	saved := newProject(params.ID, params.Title)
	saved.StartsOn, saved.Team = params.StartsOn, params.Team
	if params.Team != nil {
		saved.Team.fill()
	}
	if params.Settings != nil {
		saved.Settings = params.Settings
	}
	if params.Budget != nil {
		saved.Budget = params.Budget.String()
	}
	d.store.mu.Lock()
	defer d.store.mu.Unlock()
	if _, known := d.store.projects[saved.ID]; known || len(d.store.projects) < maxTasks {
		d.store.projects[saved.ID] = saved
	}
	return saved, nil
}

func (d *Demo) cacheClear(call) (any, error) { return nil, nil }
