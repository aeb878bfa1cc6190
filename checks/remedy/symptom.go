package remedy

import "time"

// A Class is a way in which something between an origin and its reader spoils a stream.
type Class string

// The classes.
const (
	HeldToEnd    Class = "held-to-end"      // all of it arrives when the answer ends
	ByteHeld     Class = "byte-held"        // bytes arrive when a buffer of a fixed size is full
	EventsHeld   Class = "events-held"      // whole events arrive when no further one fits into a buffer
	TimerHeld    Class = "timer-held"       // bytes arrive at a fixed period
	OneBehind    Class = "one-behind"       // an event arrives when the next one is sent
	LargeTail    Class = "large-event-tail" // the end of a large event arrives when the next one is sent
	HeadersHeld  Class = "headers-held"     // the head arrives with the first byte of the body
	IdleCut      Class = "idle-cut"         // a stream that is silent for so long is ended
	AgeCut       Class = "age-cut"          // a stream that is so old is ended, whatever it carries
	SilentDrop   Class = "silent-drop"      // a stream that is silent for so long is dropped, and neither side is told
	MaskedCut    Class = "masked-cut"       // an answer that was cut short arrives as one that ended properly
	Cached       Class = "cached"           // an answer is stored and played again
	Collapsed    Class = "collapsed"        // readers share one request to the origin
	Repeated     Class = "request-repeated" // one request of the reader reaches the origin several times
	LeaveUnheard Class = "leave-unheard"    // the origin is not told that the reader left
	Absorbs      Class = "absorbs"          // far more is taken from the origin than the reader reads
	Rewritten    Class = "rewritten"        // bytes or fields are changed
	FieldDropped Class = "field-dropped"    // a request field does not reach the origin
	Limited      Class = "connection-limit" // no more than so many streams at once
	UploadHeld   Class = "upload-held"      // the request's body is collected before it is passed on
)

// A Symptom is what was seen of a class. Zero fields were not measured, or do not belong to it.
type Symptom struct {
	Class   Class
	Bytes   int           // the size of the buffer, or of what was held
	Period  time.Duration // at which bytes arrive
	After   time.Duration // of silence, or of age, at which the stream was ended
	Count   int           // of streams, for a limit
	Coding  string        // the content coding without which it does not show
	Version string        // the HTTP version over which alone it shows, "HTTP/1.1" or "HTTP/2.0"
	Field   string        // the name of the field that was dropped or changed
}

// classes are all of them, in the order above.
var classes = []string{
	string(HeldToEnd), string(ByteHeld), string(EventsHeld), string(TimerHeld), string(OneBehind), string(LargeTail),
	string(HeadersHeld), string(IdleCut), string(AgeCut), string(SilentDrop), string(MaskedCut), string(Cached),
	string(Collapsed), string(Repeated), string(LeaveUnheard), string(Absorbs), string(Rewritten), string(FieldDropped),
	string(Limited), string(UploadHeld),
}
