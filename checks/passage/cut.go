package passage

import "github.com/ssespec/ssespec/checks/wire"

// What a reader was told of an answer that the origin broke off.
type Told string

// What readers are told.
const (
	Shown  Told = "shown"  // that it was cut short, or that something failed
	Masked Told = "masked" // that it ended properly
	Untold Told = "untold" // nothing in the time in which it was watched
)

// A Cut is an answer that our origin broke off in the middle.
type Cut struct {
	Framing string // how the body was to say where it ends: "chunked", "length" or "close-delimited"
	End     string // how it was broken off: "fin", "reset" or "mid-chunk"
	Asked   string // the HTTP version in which the origin was asked
	Version string // in which the reader asked
	Told    Told
}

// CutOf returns what became of the cut in an exchange; ok is false where none was made.
func CutOf(x *wire.Exchange) (c Cut, ok bool) {
	h := x.Origin()
	if h == nil || h.End != wire.CutOff {
		return Cut{}, false
	}
	return Cut{
		Framing: x.Case.Get("framing"), End: x.Case.Get("end"), Asked: h.Request.Proto, Version: x.Request.Proto, Told: toldOf(x),
	}, true
}

func toldOf(x *wire.Exchange) Told {
	switch {
	case !x.End.Kind.ServerEnded():
		return Untold
	case x.End.Kind == wire.Complete && x.Status == 200:
		return Masked
	}
	return Shown
}
