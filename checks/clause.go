package checks

import "strings"

// A Clause is where a requirement is written.
type Clause struct {
	Spec    string // "HTML", "RFC 9110", "Fetch", or "practice" where no text says it
	Section string // "9.2.5"
	URL     string
	Quote   string // the clause's own words, short; empty for practice
}

// String returns spec and section as one would cite them.
func (c Clause) String() string {
	switch {
	case c.Section == "":
		return c.Spec
	case strings.HasPrefix(c.Spec, "RFC"):
		return c.Spec + " §" + c.Section
	}
	return c.Spec + " " + c.Section
}

const htmlSSE = "https://html.spec.whatwg.org/multipage/server-sent-events.html#"

// HTML cites the section of the HTML standard on server-sent events that has the given anchor.
func HTML(section, anchor, quote string) Clause {
	return Clause{"HTML", section, htmlSSE + anchor, quote}
}

// Registration cites the media type registration of text/event-stream.
func Registration(quote string) Clause {
	return Clause{"HTML", "text/event-stream registration", "https://html.spec.whatwg.org/multipage/iana.html#text/event-stream", quote}
}

// Fetch cites the Fetch standard by section title and anchor.
func Fetch(section, anchor, quote string) Clause {
	return Clause{"Fetch", section, "https://fetch.spec.whatwg.org/#" + anchor, quote}
}

// RFC cites a section of an RFC: RFC("9110", "8.3", "…").
func RFC(number, section, quote string) Clause {
	return Clause{"RFC " + number, section, "https://www.rfc-editor.org/rfc/rfc" + number + "#section-" + section, quote}
}

// Practice cites operational experience; url may be empty.
func Practice(url string) Clause { return Clause{"practice", "", url, ""} }
