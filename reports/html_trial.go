package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks/recovery"
)

// A webTrial is a [Trial] in few bytes.
type webTrial struct {
	Schedule  string   `json:"schedule"`
	Kind      string   `json:"kind"`
	At        int      `json:"at"` // byte; -1 where the fault did not land
	Event     int      `json:"event,omitempty"`
	Seen      string   `json:"seen,omitempty"`
	Verdict   string   `json:"verdict"`
	Oracle    string   `json:"oracle,omitempty"`
	Reason    string   `json:"reason"`
	Resume    string   `json:"resume"`
	Mode      string   `json:"mode,omitempty"`
	Recovery  float64  `json:"recovery,omitempty"`
	Scene     string   `json:"scene"`
	Anomalies []string `json:"anomalies,omitempty"`
	Reproduce string   `json:"reproduce"`
}

// mostAnomalies is how many are told of one trial.
const mostAnomalies = 10

func webTrialOf(t *Trial) webTrial {
	out := webTrial{
		Schedule: brief(t.Schedule), Kind: brief(t.Fault.Kind), At: -1, Verdict: brief(t.Verdict), Oracle: brief(t.Oracle), Reason: brief(t.Reason),
		Resume: brief(t.Resume), Mode: brief(t.Mode), Recovery: t.RecoveryMS, Scene: brief(t.Scene), Reproduce: code(t.Reproduce),
	}
	if l := t.Landed; l != nil {
		out.At, out.Event, out.Seen = l.Offset, l.Event, brief(l.SeenAs)
	}
	for i, a := range t.Anomalies {
		if i == mostAnomalies {
			out.Anomalies = append(out.Anomalies, fmt.Sprintf("and %d more", len(t.Anomalies)-mostAnomalies))
			break
		}
		out.Anomalies = append(out.Anomalies, brief(a.Kind+": "+a.Witness))
	}
	return out
}

// trials returns what the script draws of the interrupted answers: where there are too many, those that went wrong first.
func (s *webSection) trials(room *allowance) []webTrial {
	all := make([]*Trial, len(s.Chaos))
	for i := range s.Chaos {
		all[i] = &s.Chaos[i]
	}
	n := take(&room.trials, len(all))
	if s.Untold = len(all) - n; s.Untold > 0 {
		slices.SortStableFunc(all, func(a, b *Trial) int { return trialRank(a.Verdict) - trialRank(b.Verdict) })
	}
	var out []webTrial
	for _, t := range all[:n] {
		out = append(out, webTrialOf(t))
	}
	return out
}

// trialRank orders verdicts, those first that weigh most.
func trialRank(verdict string) int {
	if i := slices.Index(recovery.Verdicts, recovery.Verdict(verdict)); i >= 0 {
		return i
	}
	return len(recovery.Verdicts)
}

// length is how long the answer is that was interrupted.
func (s *webSection) length() int {
	n := 0
	if s.Stream != nil {
		n = s.Stream.Bytes
	}
	for _, t := range s.Chaos {
		if t.Landed != nil {
			n = max(n, t.Landed.Offset)
		}
	}
	return n
}

// Outcomes counts the trials of each verdict, those first that weigh most.
func (s *webSection) Outcomes() []choice {
	n := map[string]int{}
	for _, t := range s.Chaos {
		n[brief(t.Verdict)]++
	}
	var out []choice
	for v, k := range n {
		out = append(out, choice{v, v, k})
	}
	slices.SortFunc(out, func(a, b choice) int {
		if d := trialRank(a.Value) - trialRank(b.Value); d != 0 {
			return d
		}
		return strings.Compare(a.Value, b.Value)
	})
	return out
}

// mostTrialLines is how many trials are written out for who has no script.
const mostTrialLines = 300

// TrialLines writes out the trials for who has no script, those first that weigh most.
func (s *webSection) TrialLines() string {
	all := slices.Clone(s.Chaos)
	slices.SortStableFunc(all, func(a, b Trial) int { return trialRank(a.Verdict) - trialRank(b.Verdict) })
	var out strings.Builder
	for i, t := range all {
		if i == mostTrialLines {
			fmt.Fprintf(&out, "and %d more\n", len(all)-mostTrialLines)
			break
		}
		fmt.Fprintf(&out, "%s  %s: %s\n    %s\n", brief(t.Schedule), brief(t.Verdict), brief(t.Reason), code(t.Reproduce))
	}
	return out.String()
}
