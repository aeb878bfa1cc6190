package reports

import (
	"fmt"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// What is shown of one exchange at most: a head of the usual kind, and rows of bytes for a few screens.
// A recording holds all of them.
const (
	maxFields = 100
	maxListed = 400
)

// wire lists what was asked and what came, byte by byte and with its moment.
func (p *page) wire() {
	for k, r := range p.r.Evidence.Bundle.Recordings {
		if k == 0 {
			p.title("On the wire")
		}
		for i, x := range r.Exchanges {
			if k+i > 0 {
				p.line("")
			}
			name := brief(string(r.Scene))
			if len(r.Exchanges) > 1 {
				name += fmt.Sprintf(", request %d", i+1)
			}
			p.line("  %s", p.paint(name, bold))
			p.request(x.Request)
			if len(x.Raw) > 0 {
				p.chunks(x.Raw)
			} else {
				p.answer(x)
			}
			if f := x.Fault; f != nil {
				p.say("  ! ", fmt.Sprintf("%s, aimed at %s, landed at byte %d", f.Kind, f.Aim, f.Landed))
			}
			p.tell("  ", plain, ending(x.End), faint)
		}
	}
}

func (p *page) request(r wire.Request) {
	p.say("  > ", strings.TrimRight(r.Method+" "+r.URL+" "+r.Proto, " "))
	p.fields("  > ", r.Header)
	if len(r.Body) > 0 {
		if _, left := p.bytes("  > ", r.Body, maxFields); left > 0 {
			p.line("  > … %s more", size(left))
		}
	}
}

// answer lists what came back as it was read, where the connection's own bytes were not kept.
func (p *page) answer(x *wire.Exchange) {
	for _, i := range x.Interim {
		p.say("  < ", fmt.Sprintf("%d, interim, after %v", i.Status, round(i.At)))
		p.fields("  < ", i.Header)
	}
	if x.Status != 0 {
		p.say("  < ", fmt.Sprintf("%s %d", x.Proto, x.Status))
	}
	p.fields("  < ", x.Header)
	p.chunks(x.Body)
	p.fields("  < ", x.Trailer)
	p.frames(x.Frames)
}

func (p *page) fields(mark string, h wire.Header) {
	for i, f := range h {
		if i == maxFields {
			p.line("%sand %s", mark, plural(len(h)-i, "field", "fields"))
			return
		}
		p.say(mark, f.Name+": "+f.Value)
	}
}

// frames lists the frames of HTTP/2 that end something.
func (p *page) frames(fs []wire.Frame) {
	n := 0
	for _, f := range fs {
		if f.Type != "RST_STREAM" && f.Type != "GOAWAY" {
			continue
		}
		if n++; n > maxFields {
			return
		}
		p.line("  < %s stream %d code %d after %v", f.Type, f.Stream, f.Code, round(f.At))
	}
}

// chunks lists the bytes of each read.
func (p *page) chunks(cs []wire.Chunk) {
	room := maxListed
	for i, c := range cs {
		used, left := p.bytes(fmt.Sprintf("  +%v ", round(c.At)), c.Data, room)
		if room -= used; left == 0 && (room > 0 || i == len(cs)-1) {
			continue
		}
		for _, later := range cs[i+1:] {
			left += len(later.Data)
		}
		p.line("  %s", p.paint("… "+size(left)+" more: ssespec record keeps them", faint))
		return
	}
}

// bytes writes bytes in quotes, one row for each line of theirs, most rows at most. It returns how many
// rows it wrote and how many bytes it left out.
func (p *page) bytes(lead string, b []byte, most int) (rows, left int) {
	n := max(columns(lead), 12) // moments take up to ten columns as a rule
	lead = pad(lead, n)
	all, left := quoted(string(b), max(20, p.Width-n), most)
	for _, row := range all {
		p.line("%s%s", lead, row)
		lead = strings.Repeat(" ", n)
	}
	return len(all), left
}
