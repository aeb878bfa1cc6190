package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Scale says how to ask for a short answer, and for a long one.
type Scale struct {
	Path        string // of the number: a JSON path in the request's body, or the name of a query parameter where it has none
	Short, Long int
}

// ParseScale reads "max_tokens=16:256", for a request that it can be put into.
func ParseScale(text string, r wire.Request) (*Scale, error) {
	path, numbers, ok := strings.Cut(text, "=")
	short, long, ok2 := strings.Cut(numbers, ":")
	if !ok || !ok2 || path == "" {
		return nil, fmt.Errorf("%q is not PATH=SHORT:LONG", text)
	}
	s := &Scale{Path: path}
	var err error
	if s.Short, err = strconv.Atoi(short); err == nil {
		s.Long, err = strconv.Atoi(long)
	}
	switch {
	case err != nil || s.Short < 1:
		return nil, fmt.Errorf("%q has no two numbers", text)
	case s.Long < leastScale*s.Short:
		return nil, fmt.Errorf("%d is not much longer than %d: to tell them apart takes %d times as much", s.Long, s.Short, leastScale)
	}
	_, err = s.put(r, s.Short)
	return s, err
}

// leastScale keeps what a model is slow or quick with by chance below what its answer's length makes.
const leastScale = 4

// put returns the request with a number in its place.
func (s *Scale) put(r wire.Request, n int) (wire.Request, error) {
	if len(r.Body) == 0 {
		u, err := url.Parse(r.URL)
		if err != nil {
			return r, err
		}
		q := u.Query()
		q.Set(s.Path, strconv.Itoa(n))
		u.RawQuery = q.Encode()
		r.URL = u.String()
		return r, nil
	}
	var v any
	d := json.NewDecoder(bytes.NewReader(r.Body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		return r, errors.New("the request's body is not JSON")
	}
	if !place(v, strings.Split(strings.TrimPrefix(strings.TrimPrefix(s.Path, "$"), "."), "."), n) {
		return r, fmt.Errorf("the request's body has no place %s", s.Path)
	}
	var err error
	r.Body, err = json.Marshal(v)
	r.Header = r.Header.Without("Content-Length")
	return r, err
}

// place puts a number at a path, and reports whether there is one. Its last member need not be there.
func place(v any, path []string, n int) bool {
	key, rest := path[0], path[1:]
	switch x := v.(type) {
	case map[string]any:
		if len(rest) == 0 {
			x[key] = n
			return true
		}
		return place(x[key], rest, n)
	case []any:
		i, err := strconv.Atoi(key)
		if err != nil || i < 0 || i >= len(x) {
			return false
		}
		if len(rest) == 0 {
			x[i] = n
			return true
		}
		return place(x[i], rest, n)
	}
	return false
}

var lengths = &Experiment{
	Scene:    wire.Lengths,
	Title:    "three short answers and three long ones, by turns (--scale)",
	Doc:      "where the first byte of a longer answer comes later, the answer is made in full before it is sent",
	Requests: 6,
	Safe:     true, // who names the lengths asks for the answers
	Unless: func(l *Lab) error {
		if l.Scale == nil {
			return moot("nothing says what makes the answer short or long (--scale)")
		}
		return nil
	},
	Run: func(ctx context.Context, l *Lab) (*wire.Recording, error) {
		r := &wire.Recording{Scene: wire.Lengths}
		for i, length := range []string{"short", "long", "long", "short", "short", "long"} {
			n := l.Scale.Short
			if length == "long" {
				n = l.Scale.Long
			}
			req, err := l.Scale.put(l.asEventSource(), n)
			if err != nil {
				return r, err
			}
			xs, err := l.record(ctx, ask{req: req, version: l.version(), patience: whole(l.watch())})
			for _, x := range xs {
				x.Case = wire.Case("length="+length).With("round", strconv.Itoa(i/2+1))
			}
			r.Exchanges = append(r.Exchanges, xs...)
			if err != nil || len(xs) == 0 || !opened(xs[len(xs)-1]) {
				return r, err
			}
		}
		return r, nil
	},
}
