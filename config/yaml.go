package config

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// What a file may be. The parser takes time in the square of the words, and of the empty lines in a row; both are well below a
// second here.
const (
	mostBytes = 1 << 20
	mostWords = 20000
	mostEmpty = 1000
)

// parse returns the document of a source, or nothing and mistakes.
func (r *reader) parse(source []byte) ast.Node {
	source = bytes.TrimPrefix(source, []byte("\ufeff"))
	source = bytes.ReplaceAll(bytes.ReplaceAll(source, []byte("\r\n"), []byte("\n")), []byte("\r"), []byte("\n"))
	r.lines = strings.Split(string(source), "\n")
	for _, l := range r.lines {
		r.widths = append(r.widths, utf8.RuneCountInString(l))
	}
	if !r.readable() || !r.dense() {
		return nil
	}
	file, err := r.syntax(source)
	switch {
	case len(r.mistakes) > 0:
		return nil
	case err != nil:
		r.unparsed(err)
		return nil
	}
	return r.only(file)
}

// readable looks for characters that no text has.
func (r *reader) readable() bool {
	for i, line := range r.lines {
		column := 0
		for at, c := range line {
			column++
			_, width := utf8.DecodeRuneInString(line[at:])
			switch {
			case c == utf8.RuneError && width == 1:
				r.unreadable(r.place(i+1, column), "this is not UTF-8: write the file in UTF-8")
				return false
			case c < ' ' && c != '\t' || c == 0x7f:
				r.unreadable(r.place(i+1, column), "the control character %U stands here: take it out, or write it as an escape in double quotes", c)
				return false
			}
		}
	}
	return true
}

// dense looks for many empty lines in a row.
func (r *reader) dense() bool {
	empty := 0
	for i, line := range r.lines {
		empty++
		if strings.TrimSpace(line) != "" {
			empty = 0
		}
		if empty > mostEmpty {
			r.wrong(r.place(i+1, 1), "more than %d empty lines stand here: take them out", mostEmpty)
			return false
		}
	}
	return true
}

// syntax parses the source. A panic of the parser is a mistake of the file too: it met what it does not know.
func (r *reader) syntax(source []byte) (file *ast.File, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("this YAML cannot be read: write it more simply")
		}
	}()
	tokens := lexer.Tokenize(string(source))
	if len(tokens) > mostWords {
		return nil, fmt.Errorf("the file has more than %d words and signs: divide it", mostWords)
	}
	if r.deep(tokens) {
		return nil, nil
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

// deep looks for brackets in brackets: the parser takes long for very many of them.
func (r *reader) deep(tokens token.Tokens) bool {
	open := 0
	for _, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			open++
		case token.SequenceEndType, token.MappingEndType:
			open--
		}
		if open > mostDepth {
			r.tooDeep(r.place(t.Position.Line, t.Position.Column))
			return true
		}
	}
	return false
}

// tooDeep adds that what stands at a place is nested too much.
func (r *reader) tooDeep(at Position) {
	r.unreadable(at, "this is deeper than %d mappings and lists, or an alias leads into itself: write it flatter", mostDepth)
}

// unreadable adds a mistake in a line of which nothing else is known. What follows its key is shown only where it is no secret.
func (r *reader) unreadable(at Position, format string, a ...any) {
	r.hideUnknown(at.Line)
	r.wrong(at, format, a...)
}

// unparsed adds what the parser found.
func (r *reader) unparsed(err error) {
	e, ok := err.(interface {
		GetToken() *token.Token
		GetMessage() string
	})
	if !ok {
		r.unreadable(r.place(1, 1), "%v", err)
		return
	}
	at := r.place(1, 1)
	if t := e.GetToken(); t != nil {
		at = r.place(t.Position.Line, t.Position.Column)
	}
	r.unreadable(at, "%s", plainly(e.GetMessage(), r.line(at.Line)))
}

// only returns the body of the one document that a file may have.
func (r *reader) only(file *ast.File) ast.Node {
	var body ast.Node
	for _, d := range file.Docs {
		switch {
		case d.Body == nil:
		case d.Body.Type() == ast.DirectiveType:
			r.unreadable(r.at(d.Body), "a directive such as %%YAML stands here: take it out")
			return nil
		case body != nil:
			r.unreadable(r.at(d.Body), "a second document begins here: write one, and take the line --- out")
			return nil
		default:
			body = d.Body
		}
	}
	return body
}

// plainly says a mistake of syntax with what to write instead.
func plainly(message, line string) string {
	for _, s := range []struct{ theirs, ours string }{
		{"'\t' that cannot start", "a tab stands where YAML wants spaces: indent with spaces"},
		{"tab character", "a tab stands where YAML wants spaces: indent with spaces"},
		{"invalid header option", "a text that begins with | or > goes on in the next lines: put it in quotes"},
		{"mapping value is not allowed", "a second key stands in this line, or it is indented otherwise than its neighbours: put a text that has ': ' in quotes"},
		{"value is not allowed in this context", "this does not belong here: indent it as its neighbours"},
		{"reserved character", "a text does not begin with this character: put it in quotes"},
		{"unexpected directive value", "a text does not begin with %: put it in quotes"},
		{"unexpected scalar value", "this cannot be read as a value: put a text that begins with *, & or ? in quotes"},
		{"could not find end character", "the quote that begins here does not end: close it"},
		{"unknown escape character", "this escape is not known in double quotes: write \\\\ for a backslash, or use single quotes"},
	} {
		if strings.Contains(message, s.theirs) {
			return s.ours
		}
	}
	switch {
	case !strings.Contains(message, "must be specified"):
		return message
	case strings.Contains(line, "${"):
		return "a text inside { } or [ ] ends at the braces of ${NAME}: put it in quotes"
	}
	return "a list or a mapping goes on here without a comma, or it does not end: write the comma, or close it with ] or }"
}
