// Package recovery decides whether an interrupted answer came back whole.
//
// It reads the trials of a bundle: what one reader was given on all its connections is put beside the
// truth, as far as the evidence holds one, and every difference is named. A verdict that no truth stands
// behind is not given.
//
// It imports checks, profile, stream and wire, and neither talks to an endpoint nor looks at a clock.
package recovery

import (
	"slices"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

// A Verdict is what became of one interrupted answer.
type Verdict string

// The verdicts, as the contract words them.
const (
	Whole        Verdict = "whole"        // every event once, in order, with the same content
	Duplicated   Verdict = "duplicated"   // events came more than once
	Lost         Verdict = "lost"         // events never came
	Reordered    Verdict = "reordered"    // an event came behind one that follows it
	Foreign      Verdict = "foreign"      // events of another stream came
	Corrupted    Verdict = "corrupted"    // the same event with other content, or the same content under another id
	Restarted    Verdict = "restarted"    // the answer began again, or another one did
	FalseEnd     Verdict = "false-end"    // the mark of the end came though content is missing
	SilentLoss   Verdict = "silent-loss"  // a place that the server does not know was answered 200 with nothing
	Hung         Verdict = "hung"         // the stream stays open and the answer does not come to its end
	Refused      Verdict = "refused"      // the server answered something else than a stream
	Expired      Verdict = "expired"      // the server says that it no longer has the answer
	Unsupported  Verdict = "unsupported"  // there is no way back
	Inconclusive Verdict = "inconclusive" // not judged
)

// Verdicts lists all of them, those first that weigh most.
var Verdicts = []Verdict{Foreign, Corrupted, Restarted, FalseEnd, SilentLoss, Hung, Lost, Reordered, Duplicated, Refused, Expired, Unsupported, Inconclusive, Whole}

func gravity(v Verdict) int { return slices.Index(Verdicts, v) }

// Wrong reports whether the verdict says that what came differs from what should have come.
func (v Verdict) Wrong() bool { return gravity(v) <= gravity(Duplicated) }

// Loss reports whether the verdict says that content is missing, in whatever way it shows.
func (v Verdict) Loss() bool { return v == Lost || v == FalseEnd || v == SilentLoss }

// An Oracle is what a verdict rests on.
type Oracle string

// The oracles, the strongest first.
const (
	NumberedPayload Oracle = "numbered-payload"   // the user says where each event's number is
	NumberedIDs     Oracle = "numbered-ids"       // ids count the events without a gap
	DoneText        Oracle = "done-text"          // the last event repeats the whole text
	SecondReplay    Oracle = "second-replay"      // the same answer once more, from the beginning
	SuffixAgreement Oracle = "suffix-consistency" // the same answer from an earlier place on
	WitnessStream   Oracle = "witness"            // a stream that was left alone
	ControlAnswer   Oracle = "control"            // an answer that is the same whenever it is asked for
)

var oracles = []Oracle{NumberedPayload, NumberedIDs, DoneText, SecondReplay, SuffixAgreement, WitnessStream, ControlAnswer}

// An Anomaly is one difference between what came and what should have come.
type Anomaly struct {
	Kind    Verdict
	Oracle  Oracle   // which shows it
	Events  []string // the ids of the events concerned, or their places counted from 1
	Witness string   // the smallest proof: which events on which connection
	Where   wire.Span
	Event   int // its number on that connection, counted from 1; 0 for none
	At      time.Duration
}

// A Cut is one disturbance of a trial, as it was seen.
type Cut struct {
	Fault *wire.Fault
	Event int    // events that were read in full on that connection before it
	ID    string // the id of the last of them; empty where it has none
	Half  bool   // it was inside an event
	busy  bool   // bytes still came when the reader left
}

// A Judgment is the verdict on one trial.
type Judgment struct {
	Recording *wire.Recording
	Verdict   Verdict
	Oracle    Oracle // empty where none was needed
	Reason    string // one sentence: what came of it
	Moot      bool   // there is nothing to judge, in the nature of the endpoint
	Anomalies []Anomaly
	Cuts      []Cut
	Recovery  time.Duration // from the last cut to the next event; 0 if none came
	Takes     bool          // the server took up the place that the reader named
	Complete  bool          // the reader had the whole answer before it came back the last time
}

// Finite reports whether the undisturbed answer came to an end that can be told from its other events. A server
// may as well close a stream now and then that has no end.
func Finite(ev *checks.Evidence) bool { return benchOf(ev).finite() }

// Trial returns what was tried.
func (j *Judgment) Trial() *wire.Trial { return j.Recording.Trial }
