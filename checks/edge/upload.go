package edge

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

var upload = &checks.Check{
	ID:     "edge/upload",
	Title:  "Whether a hop collects a request's body before it passes it on",
	Level:  checks.Fact,
	Clause: checks.RFC("9110", "10.1.1", "A client that will wait for a 100 (Continue) response before sending the request content MUST send an Expect header field containing a 100-continue expectation"),
	Since:  "0.4",
	Doc: `
An endpoint that streams in both directions cannot begin before the hop lets it see the request. A hop that
collects the body first adds the time of the upload to that of the first event.

This is for information. A body of 256 kB is sent over a second and a half; said is when the origin saw the
first of it, and what became of Expect: 100-continue.`,
	Needs: []wire.Scene{wire.EdgeUpload},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		for _, v := range route(ev, wire.EdgeUpload, wire.Via) {
			if v.Case.Get("body") != "slow" {
				continue
			}
			u, known := passage.UploadOf(v.Exchange)
			d := twin(ev, v)
			if !known {
				return checks.Unseen("%s", unmet(v))
			}
			if d == nil {
				return checks.Unseen("nothing was sent straight to the origin to compare with")
			}
			if straight, known := passage.UploadOf(d.Exchange); !known || !straight.Passed() {
				return checks.Unseen("straight from us the origin did not see a body before its end either")
			}
			if ev.Bundle.Late(v.Exchange, 0, uploads) > passed && !u.Passed() {
				return checks.Unseen("this machine was paused while the body was sent")
			}
			if u.Passed() {
				return checks.Held(1, "request whose body was passed on while it was sent: the first of it %s before the last; %s", inSeconds(u.First), expected(ev))
			}
			words := "body was collected before the origin saw any of the request"
			if u.Head >= u.First+passed {
				words = "body was collected before the origin saw any of it, though it had seen the head"
			}
			return checks.Held(1, "request whose %s; %s", words, expected(ev)).Shows(remedy.Symptom{Class: remedy.UploadHeld, Bytes: u.Bytes})
		}
		return checks.Unseen("no body was sent")
	},
}

// passed is by how much the head must have come before the body to have been passed on alone: more than a pause of a busy machine.
const passed = 500 * time.Millisecond

// uploads is about how long a body is sent. It begins with the exchange, whose moments count from its end.
const uploads = 2 * time.Second

// unmet says why no body came.
func unmet(v *checks.View) string {
	if v.Status != 0 {
		return fmt.Sprintf("a POST with a body was answered %d, and the body did not reach the origin", v.Status)
	}
	return "a POST with a body did not reach the origin"
}

// expected says what became of Expect: 100-continue.
func expected(ev *checks.Evidence) string {
	for _, v := range route(ev, wire.EdgeUpload, wire.Via) {
		if v.Case.Get("body") != "expected" {
			continue
		}
		continues := false
		for _, i := range v.Interim {
			continues = continues || i.Status == 100
		}
		h := v.Origin()
		switch passedOn := h != nil && h.Request.Header.Has("Expect"); {
		case h == nil && v.Status != 0:
			return fmt.Sprintf("Expect: 100-continue is answered %d", v.Status)
		case continues && passedOn:
			return "Expect: 100-continue is passed on and answered"
		case continues:
			return "the hop itself answers Expect: 100-continue"
		case passedOn:
			return "Expect: 100-continue is passed on, and 100 Continue does not come back"
		}
		return "Expect: 100-continue is not answered"
	}
	return "Expect: 100-continue was not tried"
}
