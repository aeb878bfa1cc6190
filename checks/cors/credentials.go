package cors

import (
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

var credentialsNoStar = &checks.Check{
	ID:      "cors/credentials-no-star",
	Title:   "A stream that is read with credentials must name the page's origin, not *",
	Level:   checks.Must,
	Promise: checks.Credentials,
	Clause:  checks.Fetch("CORS protocol and credentials", "cors-protocol-and-credentials", "If credentials mode is \"include\", then `Access-Control-Allow-Origin` cannot be `*`."),
	Since:   "0.3",
	Doc: `
new EventSource(url, {withCredentials: true}) and fetch(url, {credentials: "include"}) refuse an answer whose
Access-Control-Allow-Origin is *, whatever else it says, and also where there is no cookie to be sent.

Without credentials * is right. A bearer token that a script sets is no credential in this sense: leave --credentials out.`,
	Fix: "Send the request's Origin back in Access-Control-Allow-Origin, after looking it up in a list, with Vary: Origin: cors({origin: [\"https://app.example\"], " +
		"credentials: true}) in Express, allowedOriginPatterns with allowCredentials in Spring. Or open the stream without withCredentials.",
	Good:  "Access-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: true\nVary: Origin",
	Bad:   "Access-Control-Allow-Origin: *\nAccess-Control-Allow-Credentials: true",
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{declared, credentialed},
	Judge: fault{causes: []browser.Cause{browser.StarWithCredentials}, at: opening, visits: openings,
		held: "the answers to the page (%d) name its origin", none: noStreamForPage}.judge,
}

var credentialsTrue = &checks.Check{
	ID:      "cors/credentials-true",
	Title:   "A stream that is read with credentials must carry Access-Control-Allow-Credentials: true",
	Level:   checks.Must,
	Promise: checks.Credentials,
	Clause:  checks.Fetch("CORS protocol and credentials", "cors-protocol-and-credentials", "`true` is (byte) case-sensitive."),
	Since:   "0.3",
	Doc: `
The value is compared byte for byte: True, TRUE, 1 and "true, true", which two places make that add the field both,
refuse the page like no field at all.

It is asked for only with --credentials. Next to requests without credentials the field means nothing.`,
	Fix:   "Send Access-Control-Allow-Credentials: true, in small letters and once; some languages print a boolean as True.",
	Good:  "Access-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: true",
	Bad:   "Access-Control-Allow-Origin: https://app.example\nAccess-Control-Allow-Credentials: True",
	Needs: []wire.Scene{wire.Control},
	Reads: visits,
	When:  []checks.Condition{declared, credentialed},
	Judge: fault{causes: []browser.Cause{browser.CredentialsNotTrue}, at: opening, visits: openings,
		held: "the answers to the page (%d) allow credentials", none: noStreamForPage}.judge,
}
