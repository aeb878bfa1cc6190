package config

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// A node is a value of the document, behind its anchors and aliases.
type node struct{ ast.Node }

// A kind is what a value is; it reads as the end of "this is".
type kind string

const (
	isText    kind = "text"
	isNumber  kind = "a number"
	isSwitch  kind = "true or false"
	isList    kind = "a list"
	isMapping kind = "a mapping"
	isNothing kind = "nothing"
)

func (n node) kind() kind {
	if _, joined := n.joined(); joined {
		return isText
	}
	switch n.Node.(type) {
	case *ast.StringNode, *ast.LiteralNode:
		return isText
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return isNumber
	case *ast.BoolNode:
		return isSwitch
	case *ast.SequenceNode:
		return isList
	case *ast.MappingNode, *ast.MappingValueNode:
		return isMapping
	}
	return isNothing
}

// joined returns a plain word with a colon in it, such as event:5/rst. Between braces the parser takes it for a mapping, although
// no space stands behind the colon (YAML 1.2.2, 7.3.3).
func (n node) joined() (string, bool) {
	all, ok := n.Node.(*ast.MappingNode)
	if !ok || all.Start.Type != token.MappingValueType || len(all.Values) != 1 {
		return "", false
	}
	m := all.Values[0]
	key, value := m.Key.GetToken(), m.Value.GetToken()
	word, plain := m.Value.(*ast.StringNode)
	behind := key.Position.Offset + len(key.Value) + len(":")
	if !plain || key.Type != token.StringType || value.Type != token.StringType || value.Position.Offset != behind {
		return "", false
	}
	return key.Value + ":" + word.Value, true
}

// text returns a scalar as it is written, without its quotes.
func (n node) text() string {
	if s, joined := n.joined(); joined {
		return s
	}
	switch s := n.Node.(type) {
	case *ast.StringNode:
		return s.Value
	case *ast.LiteralNode:
		return s.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode, *ast.BoolNode:
		return n.GetToken().Value
	}
	return ""
}

// start returns the token with which a value begins.
func start(n ast.Node) *token.Token {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return start(n.Values[0])
		}
	case *ast.MappingValueNode:
		return n.Key.GetToken()
	}
	return n.GetToken()
}

// end returns the line in which a scalar ends.
func end(n ast.Node) int {
	t := n.GetToken()
	if l, ok := n.(*ast.LiteralNode); ok {
		return t.Position.Line + strings.Count(l.Value.GetToken().Origin, "\n")
	}
	return t.Position.Line + strings.Count(strings.TrimSpace(t.Origin), "\n")
}

// resolve follows anchors and aliases to the value itself. An alias may lead to where it stands, and is not followed forever.
func (r *reader) resolve(n ast.Node) (node, bool) {
	for range mostDepth {
		switch x := n.(type) {
		case *ast.AnchorNode:
			n = x.Value
		case *ast.TagNode:
			r.wrong(r.at(x), "tags such as %s are not read here: take it out", quote(x.GetToken().Value))
			return node{}, false
		case *ast.AliasNode:
			if n = r.anchored(x); n == nil {
				r.wrong(r.at(x), "there is no anchor &%s before this: write one, or put a pattern that begins with * in quotes", name(x.Value))
				return node{}, false
			}
		case nil:
			return node{}, false
		default:
			return node{n}, true
		}
	}
	r.wrong(r.at(n), "the anchor here leads into itself: write a value")
	return node{}, false
}

// An anchor is a value that aliases stand for from its place on.
type anchor struct {
	name   string
	offset int
	value  ast.Node
}

// Visit collects the anchors of a document in its order.
func (r *reader) Visit(n ast.Node) ast.Visitor {
	if a, ok := n.(*ast.AnchorNode); ok {
		r.anchors = append(r.anchors, anchor{name(a.Name), a.GetToken().Position.Offset, a.Value})
	}
	return r
}

// anchored returns what an alias stands for: the last anchor of that name before it.
func (r *reader) anchored(a *ast.AliasNode) ast.Node {
	var value ast.Node
	for _, x := range r.anchors {
		if x.name == name(a.Value) && x.offset < a.GetToken().Position.Offset {
			value = x.value
		}
	}
	return value
}

func name(n ast.Node) string {
	if n == nil {
		return ""
	}
	return n.GetToken().Value
}

// An entry is a key of a mapping and its value.
type entry struct {
	key   string
	keyAt Position
	value ast.Node
}

// entries returns the entries of a mapping, with those that merge keys bring behind its own, which count more.
func (r *reader) entries(n node) []entry {
	own, merged := []entry(nil), []ast.Node(nil)
	seen := map[string]Position{}
	for _, v := range values(n) {
		if v.Key.IsMergeKey() {
			merged = append(merged, v.Value)
			continue
		}
		e := entry{v.Key.GetToken().Value, r.at(v.Key), v.Value}
		switch before, twice := seen[e.key]; {
		case v.Key.Type() == ast.MappingKeyType:
			r.wrong(e.keyAt, "a key that begins with ? is not read here: write key: value")
		case twice:
			r.hide(node{e.value})
			r.wrong(e.keyAt, "the key %s is in line %d already: take one of them out", quote(e.key), before.Line)
		default:
			seen[e.key] = e.keyAt
			own = append(own, e)
		}
	}
	for _, m := range merged {
		own = append(own, r.merge(m, seen)...)
	}
	return own
}

// merge returns the entries that a merge key brings and that are not there yet.
func (r *reader) merge(value ast.Node, seen map[string]Position) []entry {
	if !r.enter(value) {
		return nil
	}
	defer r.leave()
	n, ok := r.resolve(value)
	if !ok {
		return nil
	}
	var out []entry
	switch n.kind() {
	case isMapping:
		for _, e := range r.entries(n) {
			if _, there := seen[e.key]; !there {
				seen[e.key] = e.keyAt
				out = append(out, e)
			}
		}
	case isList:
		for _, v := range n.Node.(*ast.SequenceNode).Values {
			out = append(out, r.merge(v, seen)...)
		}
	default:
		r.wrong(r.at(n), "<< wants a mapping, this is %s: write <<: *name of an anchor at a mapping", n.kind())
	}
	return out
}

func values(n node) []*ast.MappingValueNode {
	switch m := n.Node.(type) {
	case *ast.MappingNode:
		return m.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}
	}
	return nil
}
