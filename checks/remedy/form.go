package remedy

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// A key is one that an object may have.
type key struct {
	name string
	must bool
	read func(ast.Node) error
}

// object reads a mapping that has these keys and no others.
func (f file) object(n ast.Node, what string, keys []key) error {
	values, err := f.mapping(n, what)
	if err != nil {
		return err
	}
	for _, v := range values {
		i := slices.IndexFunc(keys, func(k key) bool { return k.name == keyOf(v) })
		if i < 0 {
			return f.errorf(v.Key, "unknown key %q; known are %s", keyOf(v), names(keys))
		}
		if err := keys[i].read(v.Value); err != nil {
			return err
		}
	}
	for _, k := range keys {
		if k.must && !slices.ContainsFunc(values, func(v *ast.MappingValueNode) bool { return keyOf(v) == k.name }) {
			return f.errorf(n, "%s has no %s", what, k.name)
		}
	}
	return nil
}

func names(keys []key) string {
	var out []string
	for _, k := range keys {
		out = append(out, k.name)
	}
	return strings.Join(out, ", ")
}

func keyOf(v *ast.MappingValueNode) string { return v.Key.GetToken().Value }

func (f file) mapping(n ast.Node, what string) ([]*ast.MappingValueNode, error) {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values, nil
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}, nil
	}
	return nil, f.errorf(n, "%s is %s; it has to be keys with values", what, kind(n))
}

// each reads a list, or one element that stands without one.
func (f file) each(read func(ast.Node) error) func(ast.Node) error {
	return func(n ast.Node) error {
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			return read(n)
		}
		for _, v := range list.Values {
			if err := read(v); err != nil {
				return err
			}
		}
		return nil
	}
}

func (f file) text(to *string) func(ast.Node) error {
	return func(n ast.Node) error {
		switch n := n.(type) {
		case *ast.StringNode:
			*to = strings.TrimSpace(n.Value)
		case *ast.LiteralNode:
			*to = strings.TrimRight(n.Value.Value, " \n")
		default:
			return f.errorf(n, "%s where a text has to be; put it in quotes", kind(n))
		}
		return nil
	}
}

func (f file) texts(to *[]string) func(ast.Node) error {
	return f.each(func(n ast.Node) error {
		var s string
		if err := f.text(&s)(n); err != nil {
			return err
		}
		*to = append(*to, s)
		return nil
	})
}

func (f file) oneOf(to *string, known []string) func(ast.Node) error {
	return func(n ast.Node) error {
		if err := f.text(to)(n); err != nil {
			return err
		}
		if !slices.Contains(known, *to) {
			return f.errorf(n, "unknown value %q; known are %s", *to, strings.Join(known, ", "))
		}
		return nil
	}
}

var word = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{0,63}$`)

func (f file) matching(to *string, p *regexp.Regexp, what string) func(ast.Node) error {
	return func(n ast.Node) error {
		if err := f.text(to)(n); err != nil {
			return err
		}
		if !p.MatchString(*to) {
			return f.errorf(n, "%q has to be %s", *to, what)
		}
		return nil
	}
}

func (f file) yes(to *bool) func(ast.Node) error {
	return func(n ast.Node) error {
		b, ok := n.(*ast.BoolNode)
		if !ok {
			return f.errorf(n, "%s where true or false has to be", kind(n))
		}
		*to = b.Value
		return nil
	}
}

func (f file) url(to *string) func(ast.Node) error {
	return func(n ast.Node) error {
		if err := f.text(to)(n); err != nil {
			return err
		}
		u, err := url.Parse(*to)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
			return f.errorf(n, "%q is no URL; write the address of a page, with https://", *to)
		}
		return nil
	}
}

func (f file) day(to *string) func(ast.Node) error {
	return func(n ast.Node) error {
		if err := f.text(to)(n); err != nil {
			return err
		}
		if _, err := time.Parse(time.DateOnly, *to); err != nil {
			return f.errorf(n, "%q is no day; write it as 2026-11-23", *to)
		}
		return nil
	}
}

// ranges reads values such as 4096 and 3847-3990, one or a list. about says how far from a single value what is
// measured may be.
func ranges[T int | time.Duration](f file, to *[]Range[T], parse func(string) (T, error), about func(T) Range[T]) func(ast.Node) error {
	form := map[bool]string{true: "4096 or 3847-3990", false: "60s or 59s-63s"}[isInt[T]()]
	return f.each(func(n ast.Node) error {
		if _, ok := n.(ast.ScalarNode); !ok {
			return f.errorf(n, "%s where a number has to be; write it as %s", kind(n), form)
		}
		text := n.GetToken().Value
		lo, hi, two := strings.Cut(text, "-")
		low, err := parse(strings.TrimSpace(lo))
		r := about(low)
		if two && err == nil {
			r.Lo = low
			r.Hi, err = parse(strings.TrimSpace(hi))
		}
		if err != nil || low <= 0 || r.Hi < r.Lo {
			return f.errorf(n, "%q is no number of this kind; write it as %s", text, form)
		}
		*to = append(*to, r)
		return nil
	})
}

func isInt[T int | time.Duration]() bool {
	_, ok := any(*new(T)).(int)
	return ok
}

func wholeNumber(s string) (int, error) {
	n, err := strconv.ParseInt(s, 10, 32)
	return int(n), err
}

// A buffer's size is measured from where it is cut, and heads and frames take a few bytes of it.
func aboutBytes(n int) Range[int] {
	few := min(16, n/8)
	return Range[int]{n - few, n + few}
}

func exactly(n int) Range[int] { return Range[int]{n, n} }

// A period is measured between reads, which the network moves.
func aboutPeriod(d time.Duration) Range[time.Duration] {
	return Range[time.Duration]{d - d/6, d + d/6}
}

// A timeout does not come before its time by more than the clocks and the network allow, but it comes late where it
// is looked at now and then: one of 60 seconds was seen at 61.9.
func aboutAfter(d time.Duration) Range[time.Duration] {
	return Range[time.Duration]{d - min(max(d/60, time.Second/2), d/2), d + max(d/25, time.Second)}
}

// kind says in plain words what a node is.
func kind(n ast.Node) string {
	switch n.(type) {
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "a number"
	case *ast.BoolNode:
		return "true or false"
	case *ast.NullNode:
		return "nothing"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "keys with values"
	case *ast.AnchorNode, *ast.AliasNode, *ast.MergeKeyNode:
		return "an anchor or an alias"
	case *ast.TagNode:
		return "a tag"
	}
	return "a text"
}
