package http

import (
	"slices"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var tlsCloseNotify = &checks.Check{
	ID:     "http/tls-close-notify",
	Title:  "A server should send the TLS closure alert before it closes the connection",
	Level:  checks.Should,
	Clause: checks.RFC("9112", "9.8", "Servers MUST attempt to initiate an exchange of closure alerts with the client before closing the connection"),
	Since:  "0.1",
	Doc: `
Where a body ends with the connection, the closure alert is all that tells its end from a cut that
anybody on the path can make. Without it the answer is incomplete (RFC 9112, 8), and some clients say so.

Where chunks or a length end the body, a missing alert is common and costs nobody anything: the rule
then does not apply. Nor does it while the connection stays open or after a reset.`,
	Fix:   "Shut TLS down before closing the socket; better still, send the body chunked.",
	Good:  "(body, close_notify, FIN)",
	Bad:   "(body, FIN)",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.HTTP10},
	When:  []checks.Condition{overTLS},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		var found []checks.Finding
		alerts, closed := 0, 0
		for _, v := range messages(ev) {
			if v.TLS == nil || !v.TLS.Closed {
				continue
			}
			closed++
			switch {
			case v.TLS.CloseNotify:
				alerts++
			case v.Message.Framing == wire.Close:
				n := len(v.RawBytes())
				found = append(found, v.AtRaw(n, n, "the connection, which alone ends the body, was closed without the closure alert: the answer is incomplete"))
			}
		}
		switch {
		case closed == 0:
			return checks.Unconcerned("the server closed no connection while it was watched")
		case alerts == 0 && len(found) == 0:
			return checks.Unconcerned("connections were closed without the closure alert, but behind bodies that say themselves where they end")
		}
		return checks.Judged(alerts+len(found), found, "connections closed with the closure alert")
	},
}

// overTLS is the condition of checks on the TLS session.
var overTLS = checks.Condition{
	Says:  "the endpoint is reached over TLS",
	Else:  "the endpoint is not reached over TLS",
	Holds: func(ev *checks.Evidence) bool { v := ev.Control(); return v != nil && v.TLS != nil },
}

var alpnDowngrade = &checks.Check{
	ID:     "http/alpn-downgrade",
	Title:  "Whether HTTP/2 is offered",
	Level:  checks.Fact,
	Clause: checks.RFC("9113", "3.2", "A client that makes a request to an \"https\" URI uses TLS … with the ALPN extension"),
	Since:  "0.1",
	Doc: `
Over HTTP/1.1 a browser opens about six connections to a host, all tabs together. Each stream takes
one for as long as it lasts, so the seventh tab hangs. Over HTTP/2 they share one connection.

The number six is the practice of browsers and in no standard.`,
	Good:  "(TLS, ALPN h2)",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.HTTP2},
	When:  []checks.Condition{overTLS},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		if slices.ContainsFunc(ev.All(), func(v *checks.View) bool { return v.TLS != nil && v.TLS.ALPN == "h2" }) {
			return checks.Held(1, "HTTP/2 is offered: the streams of a browser share one connection")
		}
		for _, g := range ev.Bundle.Gaps {
			switch {
			case g.Scene != wire.HTTP2:
			case g.Moot:
				return checks.Held(1, "%s; over HTTP/1.1 a browser opens about six connections to a host", g.Reason)
			default:
				return checks.Unconcerned("%s", g.Reason)
			}
		}
		return checks.Unconcerned("HTTP/2 was not tried")
	},
}
