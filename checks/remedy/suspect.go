package remedy

import (
	"slices"
	"strings"
	"time"

	"github.com/ssespec/ssespec/checks/wire"
)

// Signs are what shows which products are there. Either header may be nil: nobody saw it.
type Signs struct {
	Answer  wire.Header // of the answer, as it reached the reader
	Request wire.Header // of the request, as it reached the origin
	Told    []string    // names of products of which the user says that they are there
}

// A Suspect is a cause that a symptom is consistent with.
type Suspect struct {
	Product, Title string // empty for what helps whatever the product is
	When           string // what else has to be so
	Says           string // which setting does it
	Fix            string // lines, as one would paste them
	None           string // why there is no line to paste
	Wrong          string // a popular fix that does not work here
	Evidence       Evidence
	Source, Date   string
	Signed         bool // a field, or the user, names the product
	Number         bool // what was measured is a number that the product is known for
}

// Basis returns in a few words how far the suspicion goes.
func (s Suspect) Basis() string {
	words := "helps whatever it is"
	switch {
	case s.Signed && s.Number:
		words = "known to be there, and the number fits"
	case s.Signed:
		words = "known to be there"
	case s.Number:
		words = "consistent with the number"
	}
	if s.Evidence == Unverified {
		words += "; not verified"
	}
	return words
}

const (
	// maxSuspects is as many as a person will try. The commonest number, 60 seconds, has six known owners.
	maxSuspects = 6
	// maxPerProduct keeps a product with many causes of one class from filling the list.
	maxPerProduct = 2
)

// Suspects returns the causes of a symptom, the best founded first: those of products that are known to be there and
// whose number fits, those of others that are known to be there, and those whose number alone fits. What helps whatever
// the product is comes last, with an empty product.
func (t Table) Suspects(s Symptom, signs Signs) []Suspect {
	named, hidden := t.named(signs)
	var out []Suspect
	for i, p := range t.Products {
		if slices.Contains(hidden, p.Name) || p.Always && !named[i] && signs.Answer != nil {
			continue
		}
		out = append(out, p.suspects(s, signs, named[i])...)
	}
	every := slices.Clone(out)
	out = slices.DeleteFunc(out, func(s Suspect) bool { return !s.Signed && t.builtOn(s.Product, every) })
	slices.SortStableFunc(out, func(a, b Suspect) int { return a.rank() - b.rank() })
	out = out[:min(len(out), maxSuspects)]
	for _, c := range t.General {
		if fits, tells := c.number(s); c.shows(s, signs) && (fits || !tells) {
			out = append(out, c.suspect(Product{}, false, fits))
		}
	}
	return out
}

// builtOn reports whether a product is built on one of the suspects, which share its numbers and are more common.
func (t Table) builtOn(product string, suspects []Suspect) bool {
	i := slices.IndexFunc(t.Products, func(p Product) bool { return p.Name == product })
	return slices.ContainsFunc(suspects, func(s Suspect) bool { return slices.Contains(t.Products[i].Hides, s.Product) })
}

// named says of each product whether it is known to be there, and which products are hidden by those.
func (t Table) named(signs Signs) (named []bool, hidden []string) {
	named = make([]bool, len(t.Products))
	for i, p := range t.Products {
		named[i] = slices.Contains(signs.Told, p.Name) ||
			slices.ContainsFunc(p.Signs, func(s Sign) bool { return s.matches(signs) })
		if named[i] {
			hidden = append(hidden, p.Hides...)
		}
	}
	return named, hidden
}

// suspects returns the causes of one product: those whose number fits, or, of one that is there, the others.
func (p Product) suspects(s Symptom, signs Signs, signed bool) []Suspect {
	var fitting, others []Suspect
	for _, c := range p.Causes {
		if !c.shows(s, signs) {
			continue
		}
		if fits, _ := c.number(s); fits {
			fitting = append(fitting, c.suspect(p, signed, true))
		} else {
			others = append(others, c.suspect(p, signed, false))
		}
	}
	if !signed {
		fitting = slices.DeleteFunc(fitting, func(s Suspect) bool { return s.Evidence == Unverified })
		return fitting[:min(len(fitting), 1)]
	}
	if len(fitting) == 0 {
		fitting = others
	}
	return fitting[:min(len(fitting), maxPerProduct)]
}

func (s Suspect) rank() int {
	rank := 0
	if !s.Signed {
		rank += 4
	}
	if !s.Number {
		rank += 2
	}
	if s.Evidence == Unverified {
		rank++
	}
	return rank
}

func (c Cause) suspect(p Product, signed, number bool) Suspect {
	return Suspect{
		Product: p.Name, Title: p.Title,
		When: c.When, Says: c.Says, Fix: c.Fix, None: c.None, Wrong: c.Wrong,
		Evidence: c.Evidence, Source: c.Source, Date: c.Date,
		Signed: signed, Number: number,
	}
}

// shows reports whether the cause would show as this symptom does, its numbers apart.
func (c Cause) shows(s Symptom, signs Signs) bool {
	return c.Class == s.Class && c.coded(s, signs) &&
		(s.Version == "" || c.Version == s.Version) &&
		(s.Field == "" && len(c.Field) == 0 || slices.ContainsFunc(c.Field, func(f string) bool { return strings.EqualFold(f, s.Field) }))
}

// coded reports whether the content coding allows for the cause. What shows in every coding is not the work of one
// coding, and what shows in one alone is not the work of something that does not care.
func (c Cause) coded(s Symptom, signs Signs) bool {
	has := func(coding string) bool {
		return slices.Contains(c.Coding, AnyCoding) || slices.Contains(c.Coding, strings.ToLower(coding))
	}
	switch {
	case s.Coding != "":
		return has(s.Coding)
	case len(c.Coding) == 0:
		return true
	}
	return slices.ContainsFunc(signs.Answer.Tokens("Content-Encoding"), has)
}

// number reports whether what was measured fits the cause's numbers, and whether it has any.
func (c Cause) number(s Symptom) (fits, tells bool) {
	fits = true
	for _, n := range []struct{ listed, holds bool }{
		{len(c.Bytes) > 0, holds(c.Bytes, s.Bytes)},
		{len(c.Period) > 0, holds(c.Period, s.Period)},
		{len(c.After) > 0, holds(c.After, s.After)},
		{len(c.Count) > 0, holds(c.Count, s.Count)},
	} {
		tells = tells || n.listed
		fits = fits && (n.holds || !n.listed)
	}
	return fits && tells, tells
}

// holds is false for a zero value, which was not measured: no range begins at 0.
func holds[T int | time.Duration](in []Range[T], v T) bool {
	return slices.ContainsFunc(in, func(r Range[T]) bool { return r.holds(v) })
}

const (
	// maxFields is more than servers accept in a head.
	maxFields = 200
	// maxValue is how much of a field's value is looked at: a product's name stands near the front.
	maxValue = 1024
)

func (s Sign) matches(signs Signs) bool {
	return all(s.Answer, signs.Answer) && all(s.Request, signs.Request)
}

func all(patterns []Pattern, h wire.Header) bool {
	for _, p := range patterns {
		if !p.in(h[:min(len(h), maxFields)]) {
			return false
		}
	}
	return true
}

func (p Pattern) in(h wire.Header) bool {
	return slices.ContainsFunc(h.Values(p.Field), func(v string) bool {
		return p.Value.MatchString(v[:min(len(v), maxValue)])
	})
}
