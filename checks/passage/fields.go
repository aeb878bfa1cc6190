package passage

import (
	"slices"
	"strings"

	"github.com/ssespec/ssespec/checks/wire"
)

// A Field is a field at one end of an exchange, and what became of it at the other.
type Field struct {
	Name   string
	Before []string // its values as they were sent
	Behind []string // as they arrived
}

// AskedField returns what became of a field of the request on its way to our origin.
func AskedField(x *wire.Exchange, name string) Field {
	f := Field{Name: name, Before: x.Request.Header.Values(name)}
	if h := x.Origin(); h != nil {
		f.Behind = h.Request.Header.Values(name)
	}
	return f
}

// AnsweredField returns what became of a field of our origin's answer on its way to the reader.
func AnsweredField(x *wire.Exchange, name string) Field {
	f := Field{Name: name, Behind: x.Header.Values(name)}
	if h := x.Origin(); h != nil {
		f.Before = h.Header.Values(name)
	}
	return f
}

// Dropped reports whether the field was sent and did not arrive.
func (f Field) Dropped() bool { return len(f.Before) > 0 && len(f.Behind) == 0 }

// Added reports whether the field arrived and was not sent.
func (f Field) Added() bool { return len(f.Before) == 0 && len(f.Behind) > 0 }

// Same reports whether it arrived as it was sent.
func (f Field) Same() bool { return slices.Equal(f.Before, f.Behind) }

// Keeps reports whether each element of the list that was sent is one of those that arrived: a hop may add to a list
// without taking anything from it.
func (f Field) Keeps() bool {
	came := elements(f.Behind)
	return !slices.ContainsFunc(elements(f.Before), func(e string) bool { return !slices.Contains(came, e) })
}

func elements(values []string) []string {
	h := wire.Header{}
	for _, v := range values {
		h = append(h, wire.Field{Name: "L", Value: v})
	}
	return h.Tokens("L")
}

// Says returns the values as one would write them in one line.
func Says(values []string) string { return strings.Join(values, ", ") }
