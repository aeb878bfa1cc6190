package suite_test

import (
	"slices"
	"testing"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/suite"
)

// timed are the rules that can fail because something came late, or not in the time that was waited for it. A rule that
// can fail so and by lost or changed events too is none of them: what is lost once in three times is no bad moment.
var timed = map[string]string{
	"liveness/connect-latency":     "the head's moment",
	"liveness/keepalive":           "a silence",
	"liveness/heartbeat-kept":      "a silence",
	"liveness/heartbeat-form":      "a line end that is late",
	"liveness/release":             "no answer in time",
	"http/browser-request":         "no answer in time",
	"http/head-prompt":             "no answer in time",
	"http/h2-flow-control":         "a silence",
	"reconnect/tight-loop":         "how soon streams end",
	"buffering/whole-response":     "moments of events",
	"buffering/coalescing":         "moments of bytes",
	"buffering/one-event-late":     "moments of events",
	"buffering/payload-timestamp":  "moments of events",
	"buffering/headers-early":      "the head's moment",
	"buffering/heartbeats-through": "moments of comments",
	"buffering/length-scaling":     "moments of events",
	"buffering/compressed-parity":  "moments of events",
	"buffering/version-parity":     "moments of events",
	"buffering/useragent-parity":   "moments of events",
	"threshold/first-event":        "the first event's moment",
	"threshold/gap-p99":            "moments of events",
	"threshold/recovery":           "the next event's moment",
	"edge/delay":                   "moments of events",
	"edge/latency":                 "moments of events",
	"edge/added-delay":             "moments of events",
	"edge/held-to-end":             "moments of events",
	"edge/large-event":             "moments of events",
	"edge/byte-buffer":             "moments of bytes",
	"edge/one-behind":              "moments of events",
	"edge/flush-interval":          "moments of events",
	"edge/headers-early":           "the head's moment",
	"edge/codings":                 "moments of events",
	"edge/leave-heard":             "not told in time",
	"edge/silent-drop":             "nothing in time",
	"edge/connection-limit":        "no answer in time",
	"resume/hung":                  "a silence",
	"resume/terminal-cursor":       "no end in time",
	"resume/hostile-id":            "no answer in time",
	"resume/unknown-id":            "no answer in time",
	"resume/empty-header":          "no event in time",
}

func TestRulesThatRestOnTimeSaySo(t *testing.T) {
	listed := map[string]bool{}
	for _, c := range suite.All() {
		_, want := timed[c.ID]
		listed[c.ID] = true
		if c.Timing != want {
			t.Errorf("%s rests on time: %v, want %v", c.ID, c.Timing, want)
		}
		if c.Timing && c.Level == checks.Fact {
			t.Errorf("%s is a fact, and cannot fail", c.ID)
		}
	}
	for id := range timed {
		if !listed[id] {
			t.Errorf("there is no rule %s", id)
		}
	}
}

func TestWhatIsHeldAndWhatIsSlowRestsOnTime(t *testing.T) {
	for _, c := range suite.All() {
		family := slices.Contains([]string{"buffering", "threshold"}, c.Family())
		if canFail := c.Level != checks.Fact; family && canFail && !c.Timing {
			t.Errorf("%s does not say that it rests on time", c.ID)
		}
	}
}
