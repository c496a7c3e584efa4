package main

import (
	"fmt"
	"slices"

	"github.com/wsgen/wsgen/internal/text"
)

// ignored is a finding that the user knows about, from wsgen.yaml.
type ignored struct {
	rule, at string // at is empty for all findings of the rule
	pos      text.Pos
}

// ignoring counts what the settings of one command ignore.
type ignoring struct {
	list []ignored
	used []bool
}

func (a *api) ignoring(command string) *ignoring {
	list := a.ignored[command]
	return &ignoring{list, make([]bool, len(list))}
}

func (g *ignoring) ignores(rule, at string) bool {
	i := slices.IndexFunc(g.list, func(x ignored) bool { return x.rule == rule && (x.at == "" || x.at == at) })
	if i < 0 {
		return false
	}
	g.used[i] = true
	return true
}

// unused warns of what ignores nothing.
func (g *ignoring) unused() (diags text.Diagnostics) {
	for i, x := range g.list {
		if !g.used[i] {
			d := diags.Add(x.pos, "config-ignore", "this ignores nothing", "remove it")
			d.Severity = text.Warning
		}
	}
	return diags
}

// ignored returns a function that reads the list `ignore` of a command.
func (r *configReader) ignored(a *apiConfig, command string, rules []string) func(*text.Node, string) {
	return func(n *text.Node, what string) {
		for _, item := range r.items(n, what) {
			x, reason := ignored{pos: item.Pos}, ""
			r.mapping(item, "an item of "+what, settings{
				{"rule", r.text(&x.rule)}, {"at", r.text(&x.at)}, {"reason", r.text(&reason)},
			})
			switch {
			case item.Kind != text.KindObject:
			case !slices.Contains(rules, x.rule):
				hint := "docs/" + command + ".md lists the rules"
				if near := text.Nearest(x.rule, rules); near != "" {
					hint = "did you mean " + near + "?"
				}
				r.add(item.Pos, "config-ignore", fmt.Sprintf("there is no rule %q", x.rule), hint)
			case reason == "":
				r.add(item.Pos, "config-ignore", "the reason is missing", "say why nobody minds: `reason: no client was released yet`")
			}
			a.ignored[command] = append(a.ignored[command], x)
		}
	}
}
