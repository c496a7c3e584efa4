package load

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wsgen/wsgen/internal/text"
	"github.com/wsgen/wsgen/schema"
)

// The channels of contract and manifest where the latter names none.
const (
	defaultRequests = "rpc.requests"
	defaultReply    = "user#{user_id}"
)

// manifest reads an AsyncAPI document: the canonical form under operations, the
// short form under x-rpc, or both.
type manifest struct {
	*lowerer
	root     *text.Node
	model    *schema.Model
	requests map[*schema.Method]schema.Template // channels of the methods that name one
	main     schema.Template                    // that of x-rpc, else the first that a method names and that has no parameters
	wires    map[string]text.Pos                // methods and events read so far
	replyAt  text.Pos
	channels map[string]*schema.Event // the first event of each channel
	users    map[channelUse]int       // operations
	checked  map[text.Pos]bool        // messages and addresses that something was said about
}

func readManifest(l *lowerer, root *text.Node, imports []schema.ImportRule) *manifest {
	info := root.Get("info")
	m := &manifest{lowerer: l, root: root, wires: map[string]text.Pos{}, channels: map[string]*schema.Event{},
		requests: map[*schema.Method]schema.Template{}, users: map[channelUse]int{}, checked: map[text.Pos]bool{}}
	m.model = &schema.Model{Info: schema.APIInfo{
		Title:   info.GetString("title"),
		Version: textOf(info.Get("version")),
		Doc:     info.GetString("description"),
	}}
	// Document order, whichever form comes first.
	for _, member := range root.Members {
		switch member.Key {
		case "operations":
			m.readOperations(member.Value)
		case "x-rpc":
			m.readShort(member.Value)
		}
	}
	twins := l.lowerTwins(m.model, imports)
	m.finish()
	twins.compare()
	m.settleRequests()
	if m.model.Reply.Text == "" {
		m.model.Reply = parseTemplate(defaultReply, text.Pos{}, nil)
	}
	m.checkChannels()
	return m
}

// checkChannels reports events on the channel of replies, which clients would confuse with
// them, and tells of those on a channel of requests.
func (m *manifest) checkChannels() {
	requests := map[string]bool{}
	for _, t := range m.requestChannels() {
		requests[channelShape(t)] = true
	}
	for _, e := range m.model.Events {
		shape, wire := channelShape(e.Channel), text.Quote(e.Wire)
		switch {
		case shape == channelShape(m.model.Reply):
			m.diags.Add(e.Channel.Pos, "event-channel", fmt.Sprintf("event %s is on the channel that replies come on", wire),
				"give it a channel of its own, such as events#{user_id} for those of one user")
		case requests[shape]:
			m.diags.Add(e.Channel.Pos, "event-channel", fmt.Sprintf("event %s is on the channel that requests are published on: whoever may subscribe to it could read them", wire),
				"give it a channel of its own, or call with the transport `rpc`, which publishes no requests; `wsgen centrifugo-config` refuses the channel").Severity = text.Warning
		}
	}
}

// channelShape returns the template without the names of its placeholders.
func channelShape(t schema.Template) string {
	var b strings.Builder
	for _, p := range t.Parts {
		b.WriteString(p.Literal)
		if p.Param != "" {
			b.WriteString("{}")
		}
	}
	return b.String()
}

// warnIfEmpty tells of a manifest without anything to generate, unless problems
// in it explain that.
func warnIfEmpty(m *schema.Model, root *text.Node, diags *text.Diagnostics) {
	if len(m.Methods)+len(m.Events) == 0 && !diags.HasErrors() {
		diags.Add(root.Pos, "no-methods", "the manifest has no methods and no events",
			"add an operation under `operations`, or a method under `x-rpc.methods`").Severity = text.Warning
	}
}

// claimWire reports a method or event that is there twice.
func (m *manifest) claimWire(kind, wire string, pos text.Pos) bool {
	if kind == "method" && (wire == "rpc.cancel" || wire == "rpc.ack") {
		m.diags.Add(pos, "reserved-method", fmt.Sprintf("method %s has the name of a control message", text.Quote(wire)), "choose another name")
	}
	first, taken := m.wires[wire]
	if !taken {
		m.wires[wire] = pos
		return true
	}
	d := m.diags.Add(pos, "duplicate-"+kind, fmt.Sprintf("%s %s is declared twice", kind, text.Quote(wire)),
		"remove one of the declarations; operations and x-rpc share their names")
	d.Notes = append(d.Notes, text.Note{Pos: first, Message: "it is declared here first"})
	return false
}

// settleRequests gives the methods that do not use the main requests channel one of their own.
func (m *manifest) settleRequests() {
	if m.main.Text == "" {
		m.main = parseTemplate(defaultRequests, text.Pos{}, nil)
	}
	m.model.Requests = m.main.Text
	for _, me := range m.model.Methods {
		if own, named := m.requests[me]; named && own.Text != m.main.Text {
			me.Channel = &own
		}
	}
}

// requestChannels returns the channels that requests are published on.
func (m *manifest) requestChannels() []schema.Template {
	channels := []schema.Template{m.main}
	for _, me := range m.model.Methods {
		if me.Channel != nil {
			channels = append(channels, *me.Channel)
		}
	}
	return channels
}

// setRequests notes the channel that requests for a method are published on.
func (m *manifest) setRequests(me *schema.Method, address *text.Node, parameters *text.Node) {
	m.requests[me] = m.template(address.Text, address.Pos, parameters)
}

// setReply notes the reply channel's template: one for all methods.
func (m *manifest) setReply(template string, pos text.Pos) {
	if m.replyAt.IsValid() {
		if m.model.Reply.Text != template {
			d := m.diags.Add(pos, "reply-channel", fmt.Sprintf("methods use two reply channels: %s and %s",
				text.Quote(m.model.Reply.Text), text.Quote(template)), "let all methods share one template")
			d.Notes = append(d.Notes, text.Note{Pos: m.replyAt, Message: "the first one is here"})
		}
		return
	}
	t := m.template(template, pos, nil)
	m.model.Reply, m.replyAt = t, pos
	user := 0
	for _, p := range t.Parts {
		switch p.Param {
		case "", "nonce":
		case "user_id":
			user++
		default:
			m.diags.Add(pos, "reply-channel", fmt.Sprintf("a reply channel has no parameter {%s}", p.Param),
				"use {user_id} and {nonce}, as in user.{nonce}#{user_id}")
			return
		}
	}
	if user != 1 {
		m.diags.Add(pos, "reply-channel", "a reply channel must contain {user_id} once",
			"without it users would get each other's replies; the default is "+defaultReply)
	}
}

// readErrors reads the `errors` list of a method, in either form.
func (m *manifest) readErrors(method string, list *text.Node) []*schema.APIError {
	if list == nil {
		return nil
	}
	var errs []*schema.APIError
	codes := map[int64]text.Pos{}
	for _, n := range list.Items {
		n, _, ok := m.docs.deref(n)
		if !ok {
			continue
		}
		code, err := strconv.ParseInt(textOf(n.Get("code")), 10, 64)
		if err != nil || n.GetString("name") == "" {
			continue // the profile has reported it
		}
		if code <= 0 {
			m.diags.Add(n.Get("code").Pos, "error-code", fmt.Sprintf("error code %d is not an application's own", code),
				"use a positive number; zero and the negative ones belong to JSON-RPC")
			continue
		}
		if first, taken := codes[code]; taken {
			d := m.diags.Add(n.Get("code").Pos, "error-code", fmt.Sprintf("method %s declares error code %d twice", text.Quote(method), code),
				"one code is one error for a method")
			d.Notes = append(d.Notes, text.Note{Pos: first, Message: "the first one is here"})
			continue
		}
		codes[code] = n.Pos
		e := &schema.APIError{Name: typeName(n.GetString("name")), Code: code, Doc: joinDoc(n.GetString("summary"), n.GetString("description")), Pos: n.Pos}
		if data := n.Get("data"); data != nil {
			e.Data = m.payload(data, e.Name+"Data")
		}
		errs = append(errs, e)
	}
	m.model.Errors = append(m.model.Errors, errs...)
	return errs
}

// template parses a channel name and reports braces that do not match.
func (m *manifest) template(channel string, pos text.Pos, parameters *text.Node) schema.Template {
	t := parseTemplate(channel, pos, func(name string) string {
		p, _, _ := m.docs.deref(parameters.Get(name))
		return p.GetString("description")
	})
	seen := map[string]bool{}
	for _, p := range t.Parts {
		bad := strings.ContainsAny(p.Literal, "{}") || p.Literal == "" && p.Param == ""
		if bad {
			m.diags.Add(pos, "channel-template", fmt.Sprintf("the braces of %s do not match", text.Quote(channel)),
				"write a parameter as {name}")
			return t
		}
		if p.Param != "" && seen[p.Param] {
			m.diags.Add(pos, "channel-template", fmt.Sprintf("%s has the parameter {%s} twice", text.Quote(channel), p.Param),
				"give each parameter a name of its own")
		}
		seen[p.Param] = true
	}
	return t
}

// parseTemplate splits at {name}. Braces that do not match stay in the literal text.
func parseTemplate(channel string, pos text.Pos, doc func(name string) string) schema.Template {
	t := schema.Template{Text: channel, Pos: pos}
	for rest := channel; rest != ""; {
		open := strings.IndexByte(rest, '{')
		closing := -1
		if open >= 0 {
			closing = strings.IndexByte(rest[open:], '}')
		}
		if closing < 0 {
			t.Parts = append(t.Parts, schema.TemplatePart{Literal: rest})
			break
		}
		if open > 0 {
			t.Parts = append(t.Parts, schema.TemplatePart{Literal: rest[:open]})
		}
		part := schema.TemplatePart{Param: rest[open+1 : open+closing]}
		if doc != nil {
			part.Doc = doc(part.Param)
		}
		t.Parts = append(t.Parts, part)
		rest = rest[open+closing+1:]
	}
	return t
}

// textOf returns the text of a scalar, such as a version that YAML took for a number.
func textOf(n *text.Node) string {
	if n == nil || n.Kind == text.KindArray || n.Kind == text.KindObject || n.Kind == text.KindNull {
		return ""
	}
	return n.Text
}

func joinDoc(summary, description string) string {
	if summary == "" || description == "" || summary == description {
		return summary + strings.TrimPrefix(description, summary)
	}
	return strings.TrimSpace(summary) + "\n\n" + description
}
