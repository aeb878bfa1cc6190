package framing

import (
	"encoding/json"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/stream"
)

var languageModel = checks.Condition{
	Says:  "the profile llm is in force",
	Else:  "no profile with a final event was declared",
	Holds: func(ev *checks.Evidence) bool { return ev.Profile() == "llm" },
}

var doneMarker = &checks.Check{
	ID:     "framing/done-marker",
	Title:  "The answer of a language model should end with the final event that its protocol agrees on",
	Level:  checks.Should,
	Clause: checks.Practice("https://platform.openai.com/docs/api-reference/chat-streaming"),
	Since:  "0.1",
	Doc: `
The end of the answer says nothing about whether it is whole: a model that breaks down behind a gateway often
looks like a clean end. So each protocol has a last event, such as [DONE], message_stop or response.completed, and
its clients take an answer without one for cut short.

The format itself knows no such event, so this is asked only where the profile llm was declared. An
error event is an honest end too, and so is a finishReason where the protocol has no other mark.`,
	Fix:   "Send the protocol's last event before ending the answer, and only when the answer is whole.",
	Good:  "data: {\"a\":1}\n\ndata: [DONE]\n\n",
	Bad:   "data: {\"a\":1}\n\n",
	Needs: control,
	When:  append([]checks.Condition{languageModel}, readable...),
	After: []string{"framing/blank-line", "framing/final-event-terminated"},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		v := ev.Control()
		s := v.Stream
		n := len(s.Events)
		for i := n - 1; i >= max(0, n-lastEvents); i-- {
			if mark := finalMark(s.Events[i]); mark != "" {
				return checks.Held(n, "the answer ends with %s", mark)
			}
		}
		switch {
		case !ended(v):
			return checks.Unconcerned("the end of the answer was not seen")
		case n == 0:
			return checks.Unconcerned("no event was sent")
		case !whole(v):
			return checks.Unseen("only the close of the connection ended the answer, which may have been a loss")
		}
		last := s.Events[n-1]
		t := tallyOf(v)
		t.Add(last.Lo, last.Hi, "the answer ends without a final event: a client takes it for cut short")
		return t.Outcome(n, "")
	},
}

const (
	lastEvents   = 8        // usage reports, pings and the like may follow the final event
	maxLastEvent = 16 << 20 // what is larger restates the answer; it is not taken apart
)

// finals are the names of final events, as event name or as type in the data.
var finals = map[string]bool{
	"message_stop": true, "error": true,
	"response.completed": true, "response.incomplete": true, "response.failed": true, "response.cancelled": true,
	"interaction.completed": true, "interaction.complete": true,
	"conversation.response.done": true, "conversation.response.error": true,
	"message-end": true, "stream-end": true, "finish": true, "abort": true, "done": true, "end": true, "complete": true,
}

// finalMark returns what makes an event the last one of an answer, or "".
func finalMark(e stream.Event) string {
	if string(e.Data) == "[DONE]" {
		return "[DONE]"
	}
	if finals[string(e.Type)] {
		return string(e.Type)
	}
	var d struct {
		Type       string          `json:"type"`
		EventType  string          `json:"event_type"`
		Error      json.RawMessage `json:"error"`
		Done       bool            `json:"done"`
		Text       *string         `json:"generated_text"`
		Candidates []struct {
			FinishReason string `json:"finishReason"`
		} `json:"candidates"`
		PromptFeedback struct {
			BlockReason string `json:"blockReason"`
		} `json:"promptFeedback"`
	}
	if len(e.Data) > maxLastEvent || !isObject(e.Data) {
		return ""
	}
	json.Unmarshal(e.Data, &d) // a member of another type than expected leaves the rest
	switch {
	case finals[d.Type]:
		return d.Type
	case finals[d.EventType]:
		return d.EventType
	case len(d.Error) > 0 && string(d.Error) != "null":
		return "an error"
	case d.Done, d.Text != nil:
		return "its last part"
	case d.PromptFeedback.BlockReason != "":
		return "a blockReason"
	}
	for _, c := range d.Candidates {
		if c.FinishReason != "" {
			return "a finishReason"
		}
	}
	return ""
}
