package remedy

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"github.com/ssespec/ssespec/checks/wire"
)

const (
	// maxFile is ten times the table that comes with the command.
	maxFile = 1 << 20
	// maxDepth of lists in lists: the form has three, and the parser takes the square of the depth. Brackets in texts
	// count too, and need not be closed.
	maxDepth = 1000
	// maxPattern keeps a pattern readable and its program small.
	maxPattern = 300
)

// Read reads a table in the form that the package comment describes. Its errors say in which file, line and column
// what is wrong, and what may stand there. The table is empty where there is one.
func Read(name string, r io.Reader) (Table, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return Table{}, fmt.Errorf("read %s: %w", name, err)
	}
	f := file(name)
	if err := f.plain(text); err != nil {
		return Table{}, err
	}
	tree, err := parser.ParseBytes(text, 0)
	if err != nil {
		return Table{}, f.syntax(err)
	}
	var t Table
	for i, doc := range tree.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.NullType || doc.Body.Type() == ast.CommentType {
			continue
		}
		if i > 0 {
			return Table{}, f.errorf(doc.Body, "a second document; one file holds one")
		}
		if err := f.table(&t, doc.Body); err != nil {
			return Table{}, err
		}
	}
	return t, nil
}

// A file is the name of what is read, for errors.
type file string

func (f file) errorf(n ast.Node, format string, a ...any) error {
	line, column := 1, 1
	if m, ok := n.(*ast.MappingNode); ok && len(m.Values) > 0 {
		n = m.Values[0].Key // its own token is the colon
	}
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		line, column = tk.Position.Line, tk.Position.Column
	}
	return fmt.Errorf("%s:%d:%d: %s", f, line, column, fmt.Sprintf(format, a...))
}

// syntax says of an error of the parser where it is, in the words of the parser.
func (f file) syntax(err error) error {
	var y yaml.Error
	if !errors.As(err, &y) || y.GetToken() == nil || y.GetToken().Position == nil {
		return fmt.Errorf("%s: %w", f, err)
	}
	p := y.GetToken().Position
	return fmt.Errorf("%s:%d:%d: %s", f, p.Line, p.Column, y.GetMessage())
}

// plain refuses what the parser should not be given.
func (f file) plain(text []byte) error {
	if len(text) > maxFile {
		return fmt.Errorf("%s: longer than %d bytes; no list of products is", f, maxFile)
	}
	line, column, brackets, dashes := 1, 1, 0, 0
	for s := text; len(s) > 0; column++ {
		r, n := utf8.DecodeRune(s)
		switch {
		case r == utf8.RuneError && n == 1:
			return fmt.Errorf("%s:%d:%d: not UTF-8; save the file as UTF-8", f, line, column)
		case r == '\n':
			line, column, dashes = line+1, 0, 0
		case r < ' ' && r != '\t' && r != '\r':
			return fmt.Errorf("%s:%d:%d: the control character %U; a text file has none", f, line, column, r)
		case r == '[' || r == '{':
			brackets++
		case r == ']' || r == '}':
			brackets = max(0, brackets-1)
		case r == '-':
			dashes++
		}
		if brackets > maxDepth || dashes > maxDepth {
			return fmt.Errorf("%s:%d:%d: more than %d lists in lists; the form needs three", f, line, column, maxDepth)
		}
		s = s[n:]
	}
	return nil
}

func (f file) table(t *Table, n ast.Node) error {
	names := map[string]bool{}
	return f.object(n, "the file", []key{
		{"products", false, f.each(func(n ast.Node) error {
			var p Product
			if err := f.product(&p, n); err != nil {
				return err
			}
			if names[p.Name] {
				return f.errorf(n, "a second product %q; give it another name or put its causes with the first", p.Name)
			}
			names[p.Name] = true
			t.Products = append(t.Products, p)
			return nil
		})},
		{"general", false, f.causes(&t.General)},
	})
}

func (f file) product(p *Product, n ast.Node) error {
	err := f.object(n, "the product", []key{
		{"name", true, f.matching(&p.Name, word, "one word of small letters, digits, dots and hyphens")},
		{"title", false, f.text(&p.Title)},
		{"signs", false, f.each(func(n ast.Node) error {
			var s Sign
			if err := f.sign(&s, n); err != nil {
				return err
			}
			p.Signs = append(p.Signs, s)
			return nil
		})},
		{"always-signs", false, f.yes(&p.Always)},
		{"hides", false, f.texts(&p.Hides)},
		{"causes", true, f.causes(&p.Causes)},
	})
	p.Title = cmp.Or(p.Title, p.Name)
	return err
}

func (f file) sign(s *Sign, n ast.Node) error {
	err := f.object(n, "the sign", []key{
		{"answer", false, f.patterns(&s.Answer)},
		{"request", false, f.patterns(&s.Request)},
	})
	if err == nil && len(s.Answer)+len(s.Request) == 0 {
		return f.errorf(n, "the sign has no field; write, for example, answer: {Server: '^nginx'}")
	}
	return err
}

// patterns reads field names, each with a pattern.
func (f file) patterns(to *[]Pattern) func(ast.Node) error {
	return func(n ast.Node) error {
		fields, err := f.mapping(n, "the fields")
		if err != nil {
			return err
		}
		for _, v := range fields {
			var value string
			if err := f.text(&value)(v.Value); err != nil {
				return err
			}
			p, err := regexp.Compile("(?i:" + value + ")")
			switch {
			case !wire.IsToken(keyOf(v)):
				return f.errorf(v.Key, "%q is no name of a field", keyOf(v))
			case len(value) > maxPattern:
				return f.errorf(v.Value, "the pattern has %d characters; %d are enough", len(value), maxPattern)
			case err != nil:
				return f.errorf(v.Value, "the pattern %q is none of RE2: %v", value, unwrapped(err))
			}
			*to = append(*to, Pattern{keyOf(v), p})
		}
		return nil
	}
}

// unwrapped leaves out the pattern that regexp repeats, with what was put around it.
func unwrapped(err error) string {
	reason, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "error parsing regexp: "), ": `")
	return reason
}

func (f file) causes(to *[]Cause) func(ast.Node) error {
	return f.each(func(n ast.Node) error {
		var c Cause
		if err := f.cause(&c, n); err != nil {
			return err
		}
		*to = append(*to, c)
		return nil
	})
}

func (f file) cause(c *Cause, n ast.Node) error {
	var class, evidence string
	err := f.object(n, "the cause", []key{
		{"class", true, f.oneOf(&class, classes)},
		{"bytes", false, ranges(f, &c.Bytes, wholeNumber, aboutBytes)},
		{"period", false, ranges(f, &c.Period, time.ParseDuration, aboutPeriod)},
		{"after", false, ranges(f, &c.After, time.ParseDuration, aboutAfter)},
		{"count", false, ranges(f, &c.Count, wholeNumber, exactly)},
		{"coding", false, f.texts(&c.Coding)},
		{"version", false, f.oneOf(&c.Version, []string{"HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3.0"})},
		{"field", false, f.texts(&c.Field)},
		{"when", false, f.text(&c.When)},
		{"says", true, f.text(&c.Says)},
		{"fix", false, f.text(&c.Fix)},
		{"none", false, f.text(&c.None)},
		{"wrong", false, f.text(&c.Wrong)},
		{"evidence", false, f.oneOf(&evidence, evidences)},
		{"source", false, f.url(&c.Source)},
		{"date", false, f.day(&c.Date)},
	})
	c.Class, c.Evidence = Class(class), Evidence(cmp.Or(evidence, string(Reported)))
	switch {
	case err != nil:
		return err
	case c.Fix == "" && c.None == "":
		return f.errorf(n, "the cause has no fix; write the lines, or under none why there are none")
	case c.Fix != "" && c.None != "":
		return f.errorf(n, "the cause has a fix and a reason why there is none; leave one out")
	}
	return nil
}

var evidences = []string{string(Measured), string(Source), string(Documented), string(Reported), string(Unverified)}
