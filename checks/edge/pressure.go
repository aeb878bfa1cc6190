package edge

import (
	"fmt"
	"time"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/passage"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/wire"
)

// absorbs is what a hop takes beyond the buffers of its own sockets, which were up to 10 MB with products that have no
// buffer besides.
const absorbs = 16 << 20

// pressed is for how long the origin must have been able to write for the number to be one.
const pressed = 4 * time.Second

var backPressure = &checks.Check{
	ID:     "edge/back-pressure",
	Title:  "How much a hop takes from the origin while its reader does not read",
	Level:  checks.Fact,
	Clause: checks.Practice(""),
	Since:  "0.4",
	Doc: `
A reader that stops reading should stop the origin: then what is sent is what is read, and a slow reader
costs nobody anything. A hop that takes what it can get keeps it in memory or on disk, and the origin
believes that it was read.

This is for information. The reader does not read for five seconds while the origin writes as fast as it can,
up to 64 MB, or 256 MB with --deep. The buffers of sockets alone take some megabytes, which is said beside.`,
	Needs: []wire.Scene{wire.EdgePressure},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		for _, v := range route(ev, wire.EdgePressure, wire.Via) {
			p, known := passage.PressureOf(v.Exchange)
			if !known || p.For < pressed {
				continue
			}
			words := fmt.Sprintf("took %s from the origin in %s in which nothing was read", megabytes(p.Bytes), inSeconds(p.For.Round(time.Second)))
			if p.All() {
				words = fmt.Sprintf("took all of the %s that the origin had while nothing was read", megabytes(p.Bytes))
			}
			usual := int64(0)
			if d := twin(ev, v); d != nil {
				if q, known := passage.PressureOf(d.Exchange); known {
					usual = q.Bytes
					words += fmt.Sprintf("; straight from the origin %s are taken", megabytes(q.Bytes))
				}
			}
			out := checks.Held(1, "hop %s", words)
			if p.Bytes > usual+absorbs {
				out = out.Shows(remedy.Symptom{Class: remedy.Absorbs})
			}
			return out
		}
		return checks.Unseen("no stream was open for long enough whose reader did not read")
	},
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/(1<<20)) }
