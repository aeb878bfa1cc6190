package chaos

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Schedule is what happens to one reader, step by step. Written, its steps stand between commas:
//
//	event:5+7/rst,refuse:2s,event:1/fin,cursor:first
//
// The reader's first connection is disturbed by the first step, each further one by the next; steps
// without a place happen between two connections.
type Schedule []Step

// A Step disturbs one connection at a place, or says what happens between two.
type Step struct {
	Spot Spot           // of a fault within a stream
	Kind wire.FaultKind // what is done; empty for Turn
	For  time.Duration  // how long, for faults that last
	N    int            // KB in a second, bytes of a slice, or status
	Turn Turn           // what the reader does before it comes back
	Arg  string         // which cursor
}

// A Turn is something that the reader does, as opposed to what is done to it.
type Turn string

// The turns.
const (
	Wait      Turn = "wait"    // stays away for so long
	UseCursor Turn = "cursor"  // names another place than the one where it stopped
	Cookies   Turn = "cookies" // brings the cookies that it was given
	Twice     Turn = "twice"   // asks twice, one after the other
	Together  Turn = "rivals"  // asks twice at the same time
	Another   Turn = "rival"   // meanwhile opens another stream of the same URL
	Lowercase Turn = "lower"   // writes the field's name in lower case
	Address   Turn = "address" // comes back to another address of the name
)

// A Where is a kind of place in a stream.
type Where string

// The places. Those that are told by meaning are looked for in or behind the event that is counted, the
// first one if none is.
const (
	BeforeHead      Where = "before-head"
	AfterHead       Where = "after-head"
	AtEvent         Where = "event" // behind the blank line of the event, and so many bytes
	AtByte          Where = "byte"  // of the body, as transferred
	InsideID        Where = "inside-id"
	AfterID         Where = "after-id" // of an event that has not ended
	InsideName      Where = "inside-name"
	InsideRune      Where = "inside-rune"
	InsideCRLF      Where = "inside-crlf"
	BeforeBlank     Where = "before-blank"
	InsideChunkSize Where = "inside-chunk-size"
	BeforeEnd       Where = "before-end" // behind the last event
)

var wheres = []Where{BeforeHead, AfterHead, AtEvent, AtByte, InsideID, AfterID, InsideName, InsideRune, InsideCRLF, BeforeBlank, InsideChunkSize, BeforeEnd}

// A Spot is one place in a stream.
type Spot struct {
	Where Where // empty for none
	N     int   // number of the event, counted from 1 on each connection, or offset
	Plus  int   // so many bytes behind the event's end
}

// faultWords are the faults as they are written.
var faultWords = map[string]wire.FaultKind{
	"fin": wire.FIN, "rst": wire.RST, "reset": wire.RST, "stall": wire.Stall, "half-close": wire.HalfShut, "slow-close": wire.SlowClose,
	"rst-stream": wire.RSTStream, "goaway": wire.GoAway, "flip": wire.Flip, "duplicate": wire.Duplicate, "latency": wire.Latency,
	"jitter": wire.Jitter, "bandwidth": wire.Bandwidth, "slice": wire.Slice, "refuse": wire.Refuse, "status": wire.Status,
	"wrong-type": wire.WrongType, "tls": wire.TLSFail, "dns": wire.DNSFail,
}

// ParseFault reads the name of a fault.
func ParseFault(word string) (wire.FaultKind, error) {
	k, ok := faultWords[word]
	if !ok {
		return "", fmt.Errorf("%q is no fault: %s", word, strings.Join(slices.Sorted(maps.Keys(faultWords)), ", "))
	}
	return k, nil
}

// wordOf is the inverse of faultWords.
func wordOf(k wire.FaultKind) string {
	switch k {
	case wire.RST:
		return "rst"
	case wire.Pause:
		return "stall"
	}
	return string(k)
}

// cursors are the places that a reader may name in place of its own.
var cursors = []string{"first", "last", "terminal", "unknown", "malformed", "expired", "future", "foreign", "long", "non-ascii", "empty"}

// String writes the schedule so that ParseSchedule reads it.
func (s Schedule) String() string {
	words := make([]string, len(s))
	for i, step := range s {
		words[i] = step.String()
	}
	return strings.Join(words, ",")
}

// String writes a spot.
func (p Spot) String() string {
	switch {
	case p.Plus > 0:
		return fmt.Sprintf("%s:%d+%d", p.Where, p.N, p.Plus)
	case p.N > 0 || p.Where == AtByte || p.Where == AtEvent:
		return fmt.Sprintf("%s:%d", p.Where, p.N)
	}
	return string(p.Where)
}

// String writes a step.
func (s Step) String() string {
	word := wordOf(s.Kind)
	switch {
	case s.Turn != "" && s.Arg != "":
		return string(s.Turn) + ":" + s.Arg
	case s.Turn != "" && s.For > 0:
		return string(s.Turn) + ":" + s.For.String()
	case s.Turn != "":
		return string(s.Turn)
	case s.N > 0:
		word += ":" + strconv.Itoa(s.N)
	case s.For > 0:
		word += ":" + s.For.String()
	}
	if s.Spot.Where == "" {
		return word
	}
	return s.Spot.String() + "/" + word
}

// ParseSchedule reads a schedule.
func ParseSchedule(text string) (Schedule, error) {
	var s Schedule
	for word := range strings.SplitSeq(text, ",") {
		step, err := parseStep(strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("%q: %w", word, err)
		}
		s = append(s, step)
	}
	return s, s.check()
}

// check refuses what would come to nothing.
func (s Schedule) check() error {
	for _, step := range s {
		if step.Spot.Where != "" || step.Kind.Shapes() {
			return nil
		}
	}
	return fmt.Errorf("%q disturbs no stream: it needs a step such as event:5/rst", s)
}

func parseStep(word string) (Step, error) {
	place, fault, placed := strings.Cut(word, "/")
	if !placed {
		place, fault = "", word
	}
	name, arg, _ := strings.Cut(fault, ":")
	if !placed {
		if step, ok, err := parseTurn(name, arg); ok {
			return step, err
		}
	}
	kind, ok := faultWords[name]
	if !ok {
		return Step{}, fmt.Errorf("%q is neither a fault nor a turn", name)
	}
	step := Step{Kind: kind}
	if err := step.argue(arg); err != nil {
		return Step{}, err
	}
	if placed != step.Kind.Placed() {
		return Step{}, fmt.Errorf("%s %s", name, map[bool]string{true: "takes no place", false: "needs a place, such as event:5/" + name}[placed])
	}
	if placed {
		var err error
		if step.Spot, err = parseSpot(place); err != nil {
			return Step{}, err
		}
	}
	return step, nil
}

func parseTurn(name, arg string) (step Step, ok bool, err error) {
	step = Step{Turn: Turn(name)}
	switch step.Turn {
	case Wait:
		step.For, err = duration(arg)
	case UseCursor:
		if step.Arg = arg; !slices.Contains(cursors, arg) {
			err = fmt.Errorf("%q is no cursor: %s", arg, strings.Join(cursors, ", "))
		}
	case Cookies, Twice, Together, Another, Lowercase, Address:
		if arg != "" {
			err = fmt.Errorf("%s takes no value", name)
		}
	default:
		return Step{}, false, nil
	}
	return step, true, err
}

// argue reads what stands behind the colon of a fault.
func (s *Step) argue(arg string) (err error) {
	switch s.Kind {
	case wire.Stall:
		if arg != "" {
			s.Kind = wire.Pause
			s.For, err = duration(arg)
		}
	case wire.SlowClose, wire.Latency, wire.Jitter, wire.Refuse:
		if s.For, err = duration(arg); err == nil && s.For < time.Millisecond {
			err = fmt.Errorf("%s is less than anybody would notice: 1ms at least", arg)
		}
	case wire.Bandwidth, wire.Slice, wire.Status:
		if s.N, err = strconv.Atoi(arg); err != nil || s.N < 1 {
			err = fmt.Errorf("%s needs a number, such as %s:%d", s.Kind, s.Kind, map[wire.FaultKind]int{wire.Bandwidth: 50, wire.Slice: 7, wire.Status: 503}[s.Kind])
		}
	default:
		if arg != "" {
			err = fmt.Errorf("%s takes no value", s.Kind)
		}
	}
	if s.Kind == wire.Status && err == nil && (s.N < 200 || s.N > 599) {
		err = fmt.Errorf("%d is no status of a final answer", s.N)
	}
	return err
}

func duration(s string) (time.Duration, error) {
	d, err := time.ParseDuration(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is no duration, such as 2s", s)
	}
	return d, nil
}

func parseSpot(text string) (Spot, error) {
	name, number, numbered := strings.Cut(text, ":")
	p := Spot{Where: Where(name)}
	if !slices.Contains(wheres, p.Where) {
		return Spot{}, fmt.Errorf("%q is no place in a stream", name)
	}
	if !numbered {
		if p.Where == AtEvent || p.Where == AtByte {
			return Spot{}, fmt.Errorf("%s needs a number, such as %s:5", name, name)
		}
		return p, nil
	}
	number, plus, more := strings.Cut(number, "+")
	var err error
	if p.N, err = strconv.Atoi(number); err == nil && more {
		p.Plus, err = strconv.Atoi(plus)
	}
	if err != nil || strings.ContainsAny(number+plus, "+-") || p.N < 0 || p.Plus < 0 || p.Plus > 0 && p.Where != AtEvent {
		return Spot{}, fmt.Errorf("%q is no place in a stream", text)
	}
	return p, nil
}
