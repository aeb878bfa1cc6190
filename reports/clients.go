package reports

import (
	"github.com/ssespec/ssespec/checks/browser"
)

// A client is what one way of reading the stream comes to, on a page of the declared origin.
type client struct {
	name    string
	verdict browser.Verdict
	denial  *browser.Denial // the first thing that stands in the way; nil where nothing does
	reason  string          // one sentence; empty where the client can do everything
}

// clients returns what each client can do; nothing where no other origin was declared.
func (r *Report) clients() []client {
	var out []client
	for _, x := range browser.Readings(r.Evidence.Bundle) {
		c := client{name: x.Page.Client.String(), verdict: x.Verdict()}
		visit := &x.Open
		if x.Open.Reads() {
			visit = &x.Resume
		}
		switch {
		case visit.Denial != nil:
			c.denial, c.reason = visit.Denial, visit.Denial.Message
		case visit.Gap != nil:
			c.reason = visit.Gap.Reason
		}
		out = append(out, c)
	}
	return out
}

// clients tells who can read the stream from another origin.
func (p *page) clients() {
	all := p.r.clients()
	if len(all) == 0 {
		return
	}
	title := "From a page on " + p.r.Evidence.Bundle.Origin
	if p.r.Evidence.Bundle.Include {
		title += ", with credentials"
	}
	p.line("")
	p.tell("", plain, title, bold)
	for _, c := range all {
		lead, st, words := c.line()
		p.tell(lead, st, words, plain)
	}
}

// line is how a client is shown.
func (c client) line() (lead string, st style, words string) {
	name := c.name + "           "[min(len(c.name), 11):] + "  "
	switch c.verdict {
	case browser.Resumes:
		return "  ✓ " + name, good, "opens, and comes back with Last-Event-ID"
	case browser.Opens:
		if c.denial != nil {
			return "  ✓ " + name, good, "opens; whether it can come back is not known: " + c.reason
		}
		return "  ✓ " + name, good, "opens; " + c.reason
	case browser.Stranded:
		return "  ! " + name, warn, "opens, but cannot resume: " + c.reason
	case browser.Blocked:
		return "  ✗ " + name, bad, "blocked: " + c.reason
	}
	return "  ? " + name, plain, "not known: " + c.reason
}

// A Readers says what the pages of one origin can do with the stream.
type Readers struct {
	Origin      string   `json:"origin"`
	Credentials bool     `json:"credentials"`
	Clients     []Client `json:"clients"`
}

// A Client is one way in which a page reads, and whether it can.
type Client struct {
	Client  string `json:"client"`
	Verdict string `json:"verdict"` // blocked, opens, resumes, opens but cannot resume, unknown
	Header  string `json:"header,omitempty"`
	Value   string `json:"value,omitempty"`
	Reason  string `json:"reason,omitempty"`
}

// longestValue bounds what is shown of a field's value that a server may make as long as it likes.
const longestValue = 200

// pageJSON tells the same; nil where no origin was declared.
func (r *Report) pageJSON() *Readers {
	b := r.Evidence.Bundle
	if b.Origin == "" {
		return nil
	}
	out := &Readers{Origin: b.Origin, Credentials: b.Include, Clients: []Client{}}
	for _, c := range r.clients() {
		j := Client{Client: c.name, Verdict: string(c.verdict), Reason: c.reason}
		if c.denial != nil {
			j.Header, j.Value = c.denial.Header, c.denial.Value[:min(len(c.denial.Value), longestValue)]
		}
		out.Clients = append(out.Clients, j)
	}
	return out
}
