package passage

import (
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Pressure is how much was taken from the origin while the reader did not read.
type Pressure struct {
	Bytes int64
	Most  int64         // the origin had no more than this
	For   time.Duration // how long the origin could write
}

// All reports whether everything was taken that there was.
func (p Pressure) All() bool { return p.Bytes >= p.Most }

// PressureOf returns how much was taken from the origin of one exchange.
func PressureOf(x *wire.Exchange) (p Pressure, known bool) {
	h := x.Origin()
	if h == nil || h.Status == 0 {
		return Pressure{}, false
	}
	return Pressure{Bytes: h.Written, Most: int64(x.Case.Int("most")), For: h.EndAt - h.HeadAt}, true
}
