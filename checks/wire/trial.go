package wire

// A Trial is what a recording of a disturbed endpoint tried.
//
// Its exchanges are first those of one reader, in order, who is interrupted and asks for the rest; those
// with a [Role] were made beside or behind them to learn the truth.
type Trial struct {
	Name     string // what is tried, in a few words with dashes: "cut-inside-event"
	Schedule string // what was done, as --replay takes it: "event:5+7/rst,cursor:first"
	Resume   string // how the rest was asked for, as --resume takes it: "last-event-id"
	Mode     Mode   // where TLS ended
	Demanded bool   // the user asked for this very trial, so not to judge it is not good enough
	Gap      string // why the trial was not carried through, one sentence without full stop; empty where it was
	Moot     bool   // and that is in the nature of the endpoint
}

// Mode says where a disturbed connection was disturbed.
type Mode string

// The modes. They differ where the target is https.
const (
	ExactMode Mode = "exact" // above TLS: the reader speaks plaintext to the link, which speaks TLS to the target
	WireMode  Mode = "wire"  // below TLS: the reader's own TLS passes through the link
)

// Role says what an exchange of a trial is for, beside those of the reader, which have none.
type Role string

// The roles.
const (
	Replay Role = "replay" // behind the reader's last one: the same answer from an earlier place on, to compare
	Rival  Role = "rival"  // another stream, opened while the reader is away
	Twin   Role = "twin"   // the reader's last request once more, cursor included
)

// FaultKind is what was done to a connection.
type FaultKind string

// The faults. Place and time are in [Fault.Aim].
const (
	FIN       FaultKind = "fin"        // closed in good order, in the middle of the message
	RST       FaultKind = "reset"      // TCP RST
	Stall     FaultKind = "stall"      // nothing more arrives, and the connection stays open
	Pause     FaultKind = "pause"      // nothing arrives for a while, then all of it
	HalfShut  FaultKind = "half-close" // closed towards the reader, while the server believes it open
	SlowClose FaultKind = "slow-close" // nothing more arrives, and later the connection is closed
	RSTStream FaultKind = "rst-stream" // HTTP/2: the stream is reset, the connection is not
	GoAway    FaultKind = "goaway"     // HTTP/2: GOAWAY, then closed
	Flip      FaultKind = "flip"       // one bit is changed
	Duplicate FaultKind = "duplicate"  // the last event arrives once more, as from a hop that buffers
	Latency   FaultKind = "latency"    // everything arrives later
	Jitter    FaultKind = "jitter"     // each piece arrives up to so much later
	Bandwidth FaultKind = "bandwidth"  // no more than so many KB arrive in a second
	Slice     FaultKind = "slice"      // arrives in pieces of so many bytes
	Refuse    FaultKind = "refuse"     // connections are refused for a while
	Status    FaultKind = "status"     // a gateway answers in place of the server
	WrongType FaultKind = "wrong-type" // a gateway answers 200 with a page
	TLSFail   FaultKind = "tls"        // the TLS handshake fails
	DNSFail   FaultKind = "dns"        // the name is not found
)

// A Fault is a disturbance: what was asked for, and where it landed. Package chaos performs it; here it is data.
type Fault struct {
	Kind   FaultKind
	Aim    string // the step of the schedule: "event:5+7/rst"
	Landed int    // body offset at which the reader saw the stream stop or be disturbed; -1 if it did not land
	Seen   string // how the reader saw it: "fin", "reset", "silence", "RST_STREAM", …; empty if it did not land
}

// How a reader saw a fault, where a judge asks for it.
const (
	SeenAsEnd   = "fin, taken for the end" // the body is ended by closing, so that a cut is its end
	SeenSilence = "silence"
)

// Cuts reports whether the fault ends the reader's connection.
func (k FaultKind) Cuts() bool {
	switch k {
	case FIN, RST, Stall, HalfShut, SlowClose, RSTStream, GoAway, Flip:
		return true
	}
	return false
}

// Shapes reports whether the fault changes how a whole connection delivers, and loses nothing.
func (k FaultKind) Shapes() bool {
	return k == Latency || k == Jitter || k == Bandwidth || k == Slice
}

// Placed reports whether the fault happens at a place in a stream.
func (k FaultKind) Placed() bool {
	return k.Cuts() || k == Pause || k == Duplicate
}
