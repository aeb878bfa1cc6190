// Package profile knows how the dialects of event streams take up an interrupted answer.
//
// It is data that package chaos asks with and package checks judges by. It imports stream and wire.
package profile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks/stream"
	"github.com/ssespec/ssespec/checks/wire"
)

// Way is how a reader says where it stopped.
type Way string

// The ways.
const (
	LastEventID Way = "last-event-id" // the field that EventSource sends (HTML 9.2.4)
	HeaderField Way = "header"        // another request field
	QueryParam  Way = "query"         // a parameter of the same URL
	GetRoute    Way = "get"           // GET of another URL
	FullReplay  Way = "replay"        // not at all: the same request is answered from the beginning, and the reader skips
	NoResume    Way = "none"          // there is no way back
)

// A Resume is how the rest of an interrupted answer is asked for. Its zero value is none.
type Resume struct {
	Way  Way
	Name string // of the field or the parameter; or the URL template of a route
}

// ParseResume reads the value of --resume; auto is not among them.
func ParseResume(s string) (Resume, error) {
	way, name, named := strings.Cut(s, ":")
	r := Resume{Way(way), name}
	switch r.Way {
	case LastEventID, FullReplay, NoResume:
		if named {
			return Resume{}, fmt.Errorf("%s takes no name", way)
		}
		return r, nil
	case HeaderField, QueryParam:
		if name == "" || r.Way == HeaderField && !wire.IsToken(name) {
			return Resume{}, fmt.Errorf("%q names no %s", s, map[Way]string{HeaderField: "field", QueryParam: "parameter"}[r.Way])
		}
		return r, nil
	case GetRoute:
		return r, nil
	}
	return Resume{}, fmt.Errorf("%q is no way to resume", s)
}

// String returns what ParseResume reads.
func (r Resume) String() string {
	switch r.Way {
	case "":
		return string(NoResume)
	case HeaderField, QueryParam, GetRoute:
		return string(r.Way) + ":" + r.Name
	}
	return string(r.Way)
}

// Cursor reports whether the reader says where it stopped.
func (r Resume) Cursor() bool {
	return r.Way == LastEventID || r.Way == HeaderField || r.Way == QueryParam || r.Way == GetRoute
}

// A Place is where a reader stopped.
type Place struct {
	Cursor []byte           // the last event ID string, or what stands for it; empty if there is none
	Values func(string) any // the latest value of a JSON path in the events so far; nil for none
}

// Next returns the request that asks for what follows the place. ok is false where there is no way to.
// For the standard's own way, a reader without a cursor repeats its request as it was.
func (r Resume) Next(first wire.Request, at Place) (next wire.Request, ok bool) {
	next = first
	switch r.Way {
	case FullReplay:
		return next, true
	case LastEventID, HeaderField:
		name := "Last-Event-ID"
		if r.Way == HeaderField {
			name = r.Name
		}
		if next.Header = first.Header.Without(name); len(at.Cursor) > 0 {
			next.Header = append(next.Header, wire.Field{Name: name, Value: string(at.Cursor)})
		}
		return next, true
	case QueryParam:
		if len(at.Cursor) > 0 {
			next.URL = withParam(first.URL, r.Name, string(at.Cursor))
		}
		return next, true
	case GetRoute:
		return r.route(first, at)
	}
	return next, false
}

func withParam(raw, name, value string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return raw
	}
	q := u.Query()
	q.Set(name, value)
	u.RawQuery = q.Encode()
	return u.String()
}

// route fills the template: {last-event-id} is the cursor, {a.b} the latest value of that JSON path. An SSE
// cursor is sent as Last-Event-ID too, as MCP wants it. ok is false where a value has not come yet.
func (r Resume) route(first wire.Request, at Place) (wire.Request, bool) {
	next := wire.Request{Method: "GET", Proto: first.Proto}
	for _, f := range first.Header {
		if n := strings.ToLower(f.Name); !strings.HasPrefix(n, "content-") && n != "last-event-id" {
			next.Header = append(next.Header, f)
		}
	}
	if len(at.Cursor) > 0 {
		next.Header = append(next.Header, wire.Field{Name: "Last-Event-ID", Value: string(at.Cursor)})
	}
	var b strings.Builder
	for rest := r.Name; rest != ""; {
		lo, hi := strings.IndexByte(rest, '{'), strings.IndexByte(rest, '}')
		if lo < 0 || hi < lo {
			b.WriteString(rest)
			break
		}
		value, ok := fill(rest[lo+1:hi], at)
		if !ok {
			return next, false
		}
		b.WriteString(rest[:lo] + url.QueryEscape(value))
		rest = rest[hi+1:]
	}
	base, err := url.Parse(first.URL)
	if err != nil {
		return next, false
	}
	to, err := base.Parse(b.String())
	if err != nil {
		return next, false
	}
	next.URL = to.String()
	return next, true
}

func fill(name string, at Place) (string, bool) {
	if name == "last-event-id" {
		return string(at.Cursor), len(at.Cursor) > 0
	}
	if at.Values == nil {
		return "", false
	}
	return Scalar(at.Values(name))
}

// Lookup returns the value at a path such as "response.id" or "choices.0.delta" of a JSON text; a leading
// "$." is allowed. It returns nil where there is none.
func Lookup(data []byte, path string) any {
	if len(data) == 0 || data[0] != '{' && data[0] != '[' {
		return nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return nil
	}
	return Walk(v, path)
}

// Walk is Lookup in a text that was read already.
func Walk(v any, path string) any {
	path = strings.TrimPrefix(strings.TrimPrefix(path, "$"), ".")
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// Scalar returns a JSON string or number as text.
func Scalar(v any) (string, bool) {
	switch x := v.(type) {
	case string:
		return x, true
	case json.Number:
		return x.String(), true
	}
	return "", false
}

// Detect returns the way back that a stream offers by itself: the standard's, where events carry ids.
func Detect(method string, s *stream.Stream) Resume {
	if method == "GET" && len(s.ID) > 0 {
		return Resume{Way: LastEventID}
	}
	return Resume{Way: NoResume}
}
