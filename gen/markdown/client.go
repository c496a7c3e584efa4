package markdown

import (
	"strconv"

	"github.com/wsgen/wsgen/gen/plan"
	"github.com/wsgen/wsgen/schema"
)

// writeMethod prints the section of a method:
//
//	### `tasks.get`
//
//	Params: [TaskRef](#taskref).
//
//	| Code  | Error          | Data                  |
//	| `404` | `TaskNotFound` | [TaskGone](#taskgone) |
func (r *reference) writeMethod(c *plan.Call) {
	r.paragraph("### " + code(c.Wire))
	r.prose(c.Deprecated, c.Doc, "")
	r.paragraph(append(r.facts.Usage(c), r.facts.Delivery(c)...)...)
	if o, ok := c.Params.(*schema.Object); ok && r.links[o] == r.links[c.Method] {
		r.paragraph("Params:")
		r.writeBody(o)
	} else {
		r.typed("Params: ", c.Params)
	}
	if c.Channel != nil {
		r.paragraph("Requests channel: " + code(c.Channel.Text) + ".")
		r.arguments(c.Args)
	}
	result := "Result: "
	if c.Stream {
		result = "Items: "
	}
	r.typed(result, c.Result)
	var errors [][]string
	for _, e := range c.Errors {
		errors = append(errors, []string{code(strconv.FormatInt(e.Code, 10)), code(e.Name), r.typeExpr(e.Data), cell(nil, e.Doc, "")})
	}
	r.table([]string{"Code", "Error", "Data", "Description"}, errors)
}

// writeEvent prints the section of an event:
//
//	### `task.updated`
//
//	Channel: `tasks:{project_id}`. Subscribers: whom the back end permits. Payload: [Task](#task).
func (r *reference) writeEvent(s *plan.Subscription) {
	r.paragraph("### " + code(s.Wire))
	r.prose(s.Deprecated, s.Doc, "")
	r.typed("Channel: "+code(s.Channel.Text)+". Subscribers: "+plan.Subscribers(s.Access)+". Payload: ", s.Payload)
	r.arguments(s.Args)
}

// arguments prints the table of a channel's placeholders.
func (r *reference) arguments(placeholders []schema.TemplatePart) {
	var args [][]string
	for _, a := range placeholders {
		args = append(args, []string{code(a.Param), cell(nil, a.Doc, "")})
	}
	r.table([]string{"Argument", "Description"}, args)
}
