package reports

import (
	"html"
	"regexp"
	"strings"
	"testing"
)

// harmlessForms is everything of inert that is more than the text itself.
var harmlessForms = regexp.MustCompile(`&(?:#\d+|amp|lt|gt);|<span>[:$]</span>`)

// stirs is what GitHub would make something of in the text of a page.
var stirs = regexp.MustCompile("[\\\\`*_~\\[\\]<>|&$]|[@#][\\w/-]|:[\\w+-]+:|//|(?i:mailto:|xmpp:|www\\.|gh-\\d)")

func inertness(t *testing.T, s string) {
	t.Helper()
	got := inert(s)
	if m := stirs.FindString(harmlessForms.ReplaceAllString(got, "\x00")); m != "" {
		t.Errorf("inert(%q) does something at %q: %q", s, m, got)
	}
	shown := html.UnescapeString(strings.NewReplacer("<span>", "", "</span>", "", "&#8203;", "").Replace(got))
	if want := brief(s); shown != want {
		t.Errorf("inert(%q) shows %q, want %q", s, shown, want)
	}
}

func TestInertTextShowsItselfAndDoesNothing(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":                           "",
		"plain words, 12:30 o'clock": "plain words, 12:30 o'clock",
		"*a* _b_ ~c~ `d`":            "&#42;a&#42; &#95;b&#95; &#126;c&#126; &#96;d&#96;",
		"<b>&lt;":                    "&lt;b&gt;&amp;lt;",
		"[a](javascript:x)":          "&#91;a&#93;(javascript:x)",
		"a | b":                      "a &#124; b",
		"@octocat #1 GH-2":           "@&#8203;octocat #&#8203;1 GH&#8203;-2",
		":tada::+1: $x$":             "<span>:</span>tada<span>:</span><span>:</span>+1<span>:</span> <span>$</span>x<span>$</span>",
		"https://evil.example/":      "https<span>:</span>/&#8203;/evil.example/",
		"www.evil.example":           "www&#8203;.evil.example",
		"a\nb\x1b\u202e\xff":         "a&#92;nb&#92;x1b&#92;u202e&#92;xff",
	} {
		if got := inert(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		inertness(t, s)
	}
	for _, s := range attacks {
		inertness(t, s)
	}
	inertness(t, injections)
}

func TestCodeIsNotEndedFromWithin(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]string{
		"":              "",
		"framing/utf8":  "`framing/utf8`",
		"a`b``c":        "```a`b``c```",
		"`a`":           "`` `a` ``",
		" a":            "`  a `",
		"a|b":           "`a|b`",
		"x\n\n```\n# y": "````x\\n\\n```\\n# y````",
	} {
		if got := verbatim(s); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got, want := verbatimCell(`a|b\|c`), "`a\\|b\\\\x7cc`"; got != want {
		t.Errorf("in a cell: got %q, want %q", got, want)
	}
	if got, want := block("sh", "a", "```\n# b", "````"), "`````sh\na\n```\\n# b\n````\n`````\n\n"; got != want {
		t.Errorf("as a block: got %q, want %q", got, want)
	}
}

func TestOnlyAddressesOnTheWebAreLinked(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"":                               "HTML 9.2",
		"https://html.spec.whatwg.org#a": "[HTML 9.2](<https://html.spec.whatwg.org#a>)",
		"javascript:alert(1)":            "HTML 9.2",
		"data:text/html,x":               "HTML 9.2",
		"//evil.example/":                "HTML 9.2",
		"https:opaque":                   "HTML 9.2",
		"https://a.example/>)[b](<c":     "[HTML 9.2](<https://a.example/%3E%29%5Bb%5D%28%3Cc>)",
		"https://a.example/\n\n# b":      "HTML 9.2",
	} {
		got := Clause{Spec: "HTML", Section: "9.2", URL: address}.reference()
		if got != want {
			t.Errorf("%q: got %s, want %s", address, got, want)
		}
	}
	if got := (Clause{Spec: "practice"}).reference(); got != "" {
		t.Errorf("practice is written in %s", got)
	}
}

func FuzzInert(f *testing.F) {
	for _, s := range attacks {
		f.Add(s)
	}
	f.Add(injections)
	f.Fuzz(func(t *testing.T, s string) { inertness(t, s) })
}
