package remedy

import (
	_ "embed"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// A Table is what is known of products, in the order in which they are suspected.
type Table struct {
	Products []Product
	General  []Cause // what helps whatever the product is
}

// A Product is something that may stand between an origin and its reader, or serve the origin.
type Product struct {
	Name   string   // one word
	Title  string   // as people call it
	Signs  []Sign   // each of them names it
	Always bool     // its signs are in every answer, so that without them it was not there
	Hides  []string // names of products that it is built on, and whose defaults it changes
	Causes []Cause
}

// A Sign is what shows in the fields where a product is. All of its patterns have to match.
type Sign struct {
	Answer  []Pattern // of the answer, as it reached the reader
	Request []Pattern // of the request, as it reached the origin
}

// A Pattern is matched by a field of that name of which the pattern finds something in the value.
type Pattern struct {
	Field string
	Value *regexp.Regexp
}

// A Cause is one way in which a product spoils a stream, and how to mend it.
type Cause struct {
	Class    Class
	Bytes    []Range[int]           // each is an amount that it holds; none where the amount tells nothing
	Period   []Range[time.Duration] // likewise
	After    []Range[time.Duration] // likewise
	Count    []Range[int]           // likewise
	Coding   []string               // the content codings with which alone it shows, or AnyCoding
	Version  string                 // the HTTP version over which alone it shows
	Field    []string               // the fields that it drops or changes
	When     string                 // what else has to be so
	Says     string                 // which setting does it
	Fix      string                 // lines, as one would paste them
	None     string                 // why there is no line to paste
	Wrong    string                 // a popular fix that does not work here
	Evidence Evidence
	Source   string // URL
	Date     string // when it was seen or looked up
}

// AnyCoding stands for every content coding.
const AnyCoding = "any"

// A Range holds the values from Lo to Hi, both included.
type Range[T int | time.Duration] struct{ Lo, Hi T }

func (r Range[T]) holds(v T) bool { return r.Lo <= v && v <= r.Hi }

// Evidence is how a cause is known.
type Evidence string

// The kinds of evidence, the best first.
const (
	Measured   Evidence = "measured"   // with the product itself
	Source     Evidence = "source"     // read in the product's own text
	Documented Evidence = "documented" // by who makes the product
	Reported   Evidence = "reported"   // by who uses it
	Unverified Evidence = "unverified" // by hearsay: never to be printed as a fact
)

//go:embed remedies.yml
var remedies string

// Example is a file of a user's own, to show the form.
//
//go:embed example.yml
var Example string

// builtin is read when it is first asked for: most runs need no remedy.
var builtin atomic.Pointer[Table]

// Builtin returns the table that comes with the command. Who changes it changes it for all.
func Builtin() Table {
	if t := builtin.Load(); t != nil {
		return *t
	}
	t, err := Read("remedies.yml", strings.NewReader(remedies))
	if err != nil {
		panic(err) // a test reads the same bytes
	}
	builtin.Store(&t)
	return t
}

// With returns the table with the entries of another one before its own. Those replace products of the same name.
func (t Table) With(other Table) Table {
	out := Table{slices.Clone(other.Products), slices.Concat(other.General, t.General)}
	for _, p := range t.Products {
		if !slices.ContainsFunc(other.Products, func(o Product) bool { return o.Name == p.Name }) {
			out.Products = append(out.Products, p)
		}
	}
	return out
}
