package recovery

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// Did says what was done to the answer, as a person says it: "cut after event 5 by reset".
func (j *Judgment) Did() string {
	var words []string
	if n := j.breaks(); n > 3 {
		words = append(words, fmt.Sprintf("cut %d times", n))
	} else {
		for i, c := range j.Cuts {
			if w := c.did(i > 0); w != "" && !(i > 0 && w == words[len(words)-1]) {
				words = append(words, w)
			}
		}
	}
	if len(words) == 0 {
		return j.Trial().Schedule
	}
	for step := range strings.SplitSeq(j.Trial().Schedule, ",") {
		if w := turned(step); w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// breaks returns how often the reader's stream was cut.
func (j *Judgment) breaks() int {
	n := 0
	for _, c := range j.Cuts {
		if c.Fault.Kind.Cuts() {
			n++
		}
	}
	return n
}

// did says what one disturbance was.
func (c Cut) did(again bool) string {
	_, arg, _ := strings.Cut(c.Fault.Aim[strings.LastIndexByte(c.Fault.Aim, '/')+1:], ":")
	then := ""
	if again {
		then = "then "
	}
	switch k := c.Fault.Kind; {
	case unnoticed(c):
		return then + "a bit was changed"
	case k == wire.Pause:
		return fmt.Sprintf("stalled after event %d for %s", c.Event, arg)
	case k == wire.Duplicate:
		return fmt.Sprintf("event %d delivered twice by the path", c.Event)
	case k == wire.Latency:
		return "everything delayed by " + arg
	case k == wire.Jitter:
		return "each piece delayed by up to " + arg
	case k == wire.Bandwidth:
		return "slowed to " + arg + " KB/s"
	case k == wire.Slice:
		return "delivered in pieces of " + plural(arg, "byte")
	case k == wire.Refuse:
		return "then refused for " + arg
	case k == wire.Status:
		return "then answered " + arg + " by a gateway"
	case k == wire.WrongType:
		return "then sent a page by a gateway"
	case k == wire.DNSFail:
		return "then the name was not found"
	case k == wire.TLSFail:
		return "then TLS failed"
	default:
		return then + "cut " + c.where() + " by " + how[k]
	}
}

func plural(n, what string) string {
	if n == "1" {
		return n + " " + what
	}
	return n + " " + what + "s"
}

// how names the cuts.
var how = map[wire.FaultKind]string{
	wire.FIN: "FIN", wire.RST: "reset", wire.Stall: "silence", wire.HalfShut: "half-close", wire.SlowClose: "slow close",
	wire.RSTStream: "RST_STREAM", wire.GoAway: "GOAWAY", wire.Flip: "a flipped bit",
}

// longestName is the longest id by which an event is called.
const longestName = 24

// last names the last event that was read: by its id, if that is short, else by its number on the connection.
func (c Cut) last() string {
	if c.ID != "" && len(c.ID) <= longestName {
		return c.ID
	}
	return strconv.Itoa(c.Event)
}

// next names the event behind it.
func (c Cut) next() string {
	last := c.last()
	if n, err := strconv.ParseInt(last, 10, 62); err == nil {
		return "event " + strconv.FormatInt(n+1, 10)
	}
	return "the event behind " + last
}

// meaning says what is meant by the places that are told by meaning.
var meaning = map[string]string{
	"inside-id": "inside the id line of", "after-id": "behind the id line of", "inside-name": "inside a field name of",
	"inside-rune": "inside a character of", "inside-crlf": "between CR and LF in", "before-blank": "before the blank line of",
}

// where says where on its connection a cut was.
func (c Cut) where() string {
	place, _, _ := strings.Cut(c.Fault.Aim, "/")
	place, _, _ = strings.Cut(place, ":")
	switch {
	case meaning[place] != "":
		return meaning[place] + " " + c.next()
	case place == "inside-chunk-size":
		return "inside the size of a chunk"
	case place == "before-end":
		return "behind the last event"
	case c.Half:
		return "inside " + c.next()
	case c.Event > 0:
		return "after event " + c.last()
	case c.Fault.Landed > 0:
		return "before the first event"
	case strings.HasPrefix(c.Fault.Aim, "before-head"):
		return "before the head"
	}
	return "after the head"
}

// turned says what a reader did before it came back, if it was not the usual.
func turned(step string) string {
	name, arg, _ := strings.Cut(step, ":")
	switch name {
	case "wait":
		return "back after " + arg
	case "cursor":
		switch arg {
		case "first":
			return "asked again from the first event"
		case "last":
			return "asked again from the last event but one"
		case "terminal":
			return "asked again behind the last event"
		}
		return "back with " + article(arg)
	case "twice":
		return "asked twice"
	case "rivals":
		return "asked by two at once"
	case "rival":
		return "while another stream was open"
	case "lower":
		return "with the field in lower case"
	case "cookies":
		return "with cookies"
	case "address":
		return "from another address"
	}
	return ""
}
