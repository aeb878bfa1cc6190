// Package chaos makes recordings: of an endpoint left alone, of one asked in other ways, and of one
// whose connection is disturbed.
//
// In a chaos experiment the steady state is the control group. So the first [Experiment] records the
// undisturbed stream, as an EventSource would read it; every other experiment asks for one thing more.
// An experiment returns a recording and never a verdict: an endpoint that misbehaves is an
// observation, an error says that nothing could be observed.
//
// A [Campaign] interrupts answers: each [Trial] is one reader whose connections are disturbed as a [Schedule] says,
// and who asks for the rest as its dialect prescribes. The disturbing is done by toxiproxy, between sockets of
// our own. Where a fault landed, and how the reader saw it, is part of the recording.
//
// This package owns the sockets and the clock. Requests are written and answers are read byte by byte
// (HTTP/1.x) or frame by frame (HTTP/2) on its own connections, since net/http hides what conformance
// is about; each read is stamped as it leaves the socket, below TLS and HTTP.
//
// Other scenes ask as a page on another origin does ([Lab.Origin]), as strangers do, and as an [EventSource] that comes back.
//
// It imports origin, browser, hold, profile, stream and wire of this module, and never the checks.
package chaos
