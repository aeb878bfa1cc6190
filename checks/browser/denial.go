package browser

import "fmt"

// A Cause is why a browser keeps an answer from a page.
type Cause uint8

// The causes. Those up to CredentialsNotTrue are the CORS check's, those with Preflight in their name the preflight's.
const (
	NoAllowOrigin       Cause = iota + 1 // Access-Control-Allow-Origin is missing
	ManyAllowOrigins                     // it has several values
	WrongAllowOrigin                     // it has another value
	StarWithCredentials                  // it is *, and the request has credentials
	CredentialsNotTrue                   // Access-Control-Allow-Credentials is not "true"

	PreflightStatus          // not 200 to 299
	PreflightRedirected      // 3xx
	PreflightUnauthenticated // 401: it never carries credentials
	PreflightSyntax          // Access-Control-Allow-Headers or -Methods is no list of tokens
	PreflightMethod          // the method is not allowed
	PreflightHeader          // a field is not allowed
	PreflightStarCredentials // with credentials * stands for nothing but itself

	RedirectUserinfo // Location has a user or password
	RedirectScheme   // Location is not http or https, or no URL
	RedirectLoop     // more than 20

	MixedContent // http asked from a page over https
	BlockedPort  // no browser connects to it
	NoAnswer     // the connection brought no head
	Limited      // refused as the user's own request may have been: it says nothing of the page
	WrongStatus  // not 200
	WrongType    // not text/event-stream
	WrongCharset // a charset other than UTF-8
	CannotSend   // an EventSource cannot send what the stream is opened with
)

// A Denial is the first thing for which a browser keeps an answer from a page.
type Denial struct {
	Cause    Cause
	Exchange int    // index of the exchange at fault; -1 where nothing need be asked
	Origin   string // the Origin with which that was asked: the page's, or "null"
	Header   string // name of the response field at fault, or empty
	Value    string // its value, several lines joined as a browser joins them
	Message  string // one sentence without full stop
}

// tellsNothing reports whether the page may be let in for all that was seen.
func (d *Denial) tellsNothing() bool { return d != nil && (d.Cause == NoAnswer || d.Cause == Limited) }

// Error makes a Denial usable as the reason why a reader stopped.
func (d *Denial) Error() string { return d.Message }

func deny(c Cause, header, value, format string, a ...any) *Denial {
	return &Denial{Cause: c, Header: header, Value: value, Message: fmt.Sprintf(format, a...)}
}

// at says in which exchange of a walk the denial lies.
func (d *Denial) at(i int, w *Walk) *Denial {
	if d != nil {
		d.Exchange, d.Origin = i, w.Origin()
	}
	return d
}
