package resume

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/recovery"
	"github.com/ssespec/ssespec/checks/wire"
)

// finding tells of a trial in one sentence: what was done, and what came of it.
func finding(ev *checks.Evidence, j *recovery.Judgment) checks.Finding {
	f := checks.Finding{Message: j.Did() + ": " + j.Reason}
	if len(j.Anomalies) > 0 && j.Anomalies[0].Where.Scene != "" {
		a := j.Anomalies[0]
		f.Where, f.Event, f.At = a.Where, a.Event, a.At
		return f
	}
	v := last(ev, j)
	if v == nil {
		f.Where = wire.Span{Scene: j.Recording.Scene, Part: wire.BodyPart}
		return f
	}
	if len(j.Anomalies) > 0 {
		n := len(v.Text.Bytes)
		f.Where, f.At = v.Span(n, n), v.End.At
		return f
	}
	return v.AtField(-1, f.Message)
}

// own returns the reader's own connections.
func own(ev *checks.Evidence, j *recovery.Judgment) []*checks.View {
	var out []*checks.View
	for _, v := range ev.Exhibit(j.Recording.Scene).Views {
		if v.Role == "" {
			out = append(out, v)
		}
	}
	return out
}

// last returns the reader's last connection, or nil.
func last(ev *checks.Evidence, j *recovery.Judgment) *checks.View {
	if vs := own(ev, j); len(vs) > 0 {
		return vs[len(vs)-1]
	}
	return nil
}

// count writes a number in front of what it counts: holds has %d, and the plural in brackets.
func count(n int, holds string) string {
	holds = strings.ReplaceAll(holds, "%d", fmt.Sprint(n))
	if n == 1 {
		return strings.NewReplacer("(s)", "", "(are)", "is", "(were)", "was").Replace(holds)
	}
	return strings.NewReplacer("(s)", "s", "(are)", "are", "(were)", "were").Replace(holds)
}
