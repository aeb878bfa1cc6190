package remedy

import (
	"errors"
	"go/parser"
	"go/token"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"
)

// shown returns the file that the package comment shows.
func shown(t *testing.T) string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(f.Doc.Text(), "which is [Example] too:\n\n")
	var out []string
	for l := range strings.Lines(text) {
		if !strings.HasPrefix(l, "\t") {
			break
		}
		out = append(out, strings.TrimPrefix(l, "\t"))
	}
	return strings.Join(out, "")
}

func TestThePackageCommentShowsTheExample(t *testing.T) {
	t.Parallel()
	if got := shown(t); got != Example {
		t.Errorf("got\n%s\nwant\n%s", got, Example)
	}
}

func TestTheExampleCanBeRead(t *testing.T) {
	t.Parallel()
	table := read(t, Example)
	if len(table.Products) != 1 || len(table.General) != 1 {
		t.Fatalf("got %d products and %d general causes, want one of each", len(table.Products), len(table.General))
	}
	s := Symptom{Class: ByteHeld, Bytes: 16200}
	got := table.Suspects(s, Signs{Answer: header("Via: 1.1 OUR-GW")})
	if len(got) != 1 || !got[0].Signed || !got[0].Number {
		t.Fatalf("got %+v, want our-gateway by sign and number", got)
	}
	if want := "routes:\n  events: {stream_buffer: 0}"; got[0].Fix != want {
		t.Errorf("got the fix %q, want %q", got[0].Fix, want)
	}
	if c := table.Products[0].Causes[1]; c.Evidence != Reported || c.None == "" {
		t.Errorf("got %+v, want reported evidence and a reason", c)
	}
}

func TestAUsersProductsComeFirstAndReplaceThoseOfTheSameName(t *testing.T) {
	t.Parallel()
	ours := read(t, `
products:
  - {name: ours, causes: {class: idle-cut, after: 60s, says: ours, fix: a}}
  - {name: nginx, signs: {answer: {Server: '^nginx'}}, causes: {class: idle-cut, after: 60s, says: our nginx, fix: b}}
general:
  - {class: idle-cut, says: our way, fix: c}
`)
	got := Builtin().With(ours).Suspects(Symptom{Class: IdleCut, After: time.Minute}, Signs{Answer: header("Server: nginx")})
	if got[0].Says != "our nginx" || got[1].Product != "ours" {
		t.Errorf("got %q and %q, want our nginx and ours", got[0].Says, got[1].Product)
	}
	if n := len(slices.DeleteFunc(slices.Clone(got), func(s Suspect) bool { return s.Product != "nginx" })); n != 1 {
		t.Errorf("nginx is suspected %d times", n)
	}
	if last := got[len(got)-2:]; last[0].Says != "our way" || last[1].Fix != ": ping" {
		t.Errorf("got %q and %q last, want what is general, ours first", last[0].Says, last[1].Fix)
	}
	if len(Builtin().With(Table{}).Products) != len(Builtin().Products) {
		t.Error("an empty file changes the table")
	}
}

// With must leave both tables as they were: the one that comes with the command is shared.
func TestWithChangesNeitherTable(t *testing.T) {
	t.Parallel()
	base := read(t, "products: [{name: a, causes: {class: absorbs, says: a, fix: a}}]")
	ours := read(t, "products: [{name: b, causes: {class: absorbs, says: a, fix: a}}]")
	both := base.With(ours)
	both.Products[0].Name, both.Products[1].Name = "x", "y"
	if base.Products[0].Name != "a" || ours.Products[0].Name != "b" {
		t.Errorf("got %s and %s, want a and b", base.Products[0].Name, ours.Products[0].Name)
	}
}

const oneCause = "products:\n  - name: x\n    causes:\n      - class: idle-cut\n        says: a\n        fix: a\n"

func TestErrorsSayWhereAndWhatMayStandThere(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"a key that is unknown", "products:\n  - name: x\n    sign:\n      - answer: {Server: x}\n", `f.yml:3:5: unknown key "sign"; known are name, title, signs, always-signs, hides, causes`},
		{"a key of a cause that is unknown", oneCause + "        fixes: b\n", `f.yml:7:9: unknown key "fixes"; known are class, bytes, period, after, count, coding, version, field, when, says, fix, none, wrong, evidence, source, date`},
		{"a top that is unknown", "product: []\n", `f.yml:1:1: unknown key "product"; known are products, general`},
		{"a class that is unknown", strings.Replace(oneCause, "idle-cut", "idle", 1), `f.yml:4:16: unknown value "idle"; known are held-to-end, byte-held,`},
		{"a cause without a fix", strings.Replace(oneCause, "        fix: a\n", "", 1), `f.yml:4:9: the cause has no fix; write the lines, or under none why there are none`},
		{"a cause with both", oneCause + "        none: b\n", `f.yml:4:9: the cause has a fix and a reason why there is none; leave one out`},
		{"a cause that says nothing", strings.Replace(oneCause, "        says: a\n", "", 1), `f.yml:4:9: the cause has no says`},
		{"a product without a name", "products:\n  - title: x\n    causes: []\n", `f.yml:2:5: the product has no name`},
		{"a product without causes", "products:\n  - name: x\n", `f.yml:2:5: the product has no causes`},
		{"a name of two words", "products:\n  - name: our gateway\n", `f.yml:2:11: "our gateway" has to be one word of small letters, digits, dots and hyphens`},
		{"two products of one name", oneCause + strings.TrimPrefix(oneCause, "products:\n"), `f.yml:7:5: a second product "x"; give it another name or put its causes with the first`},
		{"the same key twice", "products: []\nproducts: []\n", `f.yml:2:1: mapping key "products" already defined at [1:1]`},
		{"a size that is none", oneCause + "        bytes: 4k\n", `f.yml:7:16: "4k" is no number of this kind; write it as 4096 or 3847-3990`},
		{"a size of nothing", oneCause + "        bytes: 0\n", `f.yml:7:16: "0" is no number of this kind; write it as 4096 or 3847-3990`},
		{"a range that runs backwards", oneCause + "        bytes: [10, 9-8]\n", `f.yml:7:21: "9-8" is no number of this kind; write it as 4096 or 3847-3990`},
		{"a time without a unit", oneCause + "        after: 60\n", `f.yml:7:16: "60" is no number of this kind; write it as 60s or 59s-63s`},
		{"a size that is a mapping", oneCause + "        bytes: {a: b}\n", `f.yml:7:17: keys with values where a number has to be; write it as 4096 or 3847-3990`},
		{"a version that is unknown", oneCause + "        version: h2\n", `f.yml:7:18: unknown value "h2"; known are HTTP/1.0, HTTP/1.1, HTTP/2.0, HTTP/3.0`},
		{"evidence that is unknown", oneCause + "        evidence: sure\n", `f.yml:7:19: unknown value "sure"; known are measured, source, documented, reported, unverified`},
		{"a source that is no URL", oneCause + "        source: our wiki\n", `f.yml:7:17: "our wiki" is no URL; write the address of a page, with https://`},
		{"a day that is none", oneCause + "        date: 23.11.2026\n", `f.yml:7:15: "23.11.2026" is no day; write it as 2026-11-23`},
		{"a text that is a number", oneCause + "        when: 5\n", `f.yml:7:15: a number where a text has to be; put it in quotes`},
		{"a text that is nothing", oneCause + "        when:\n", `f.yml:7:15: nothing where a text has to be; put it in quotes`},
		{"a text that is a list", oneCause + "        when: [a]\n", `f.yml:7:15: a list where a text has to be; put it in quotes`},
		{"yes for true", "products:\n  - name: x\n    always-signs: yes\n", `f.yml:3:19: a text where true or false has to be`},
		{"a sign of nothing", "products:\n  - name: x\n    signs: [{}]\n", `f.yml:3:13: the sign has no field; write, for example, answer: {Server: '^nginx'}`},
		{"a sign that is a text", "products:\n  - name: x\n    signs: Server\n", `f.yml:3:12: the sign is a text; it has to be keys with values`},
		{"a pattern that is none", "products:\n  - name: x\n    signs: {answer: {Server: '(nginx'}}\n", `f.yml:3:30: the pattern "(nginx" is none of RE2: missing closing )`},
		{"a pattern that RE2 does not have", "products:\n  - name: x\n    signs: {answer: {Server: '(?=x)'}}\n", `f.yml:3:30: the pattern "(?=x)" is none of RE2: invalid or unsupported Perl syntax`},
		{"a pattern that is too long", "products:\n  - name: x\n    signs: {answer: {Server: " + strings.Repeat("a", 301) + "}}\n", `f.yml:3:30: the pattern has 301 characters; 300 are enough`},
		{"a field that is none", "products:\n  - name: x\n    signs: {answer: {'A B': x}}\n", `f.yml:3:22: "A B" is no name of a field`},
		{"a file that is a list", "- name: x\n", `f.yml:1:1: the file is a list; it has to be keys with values`},
		{"an anchor", "products: &a []\ngeneral: *a\n", `f.yml:1:11: the product is an anchor or an alias; it has to be keys with values`},
		{"two documents", oneCause + "---\n" + oneCause, `f.yml:8:1: a second document; one file holds one`},
		{"a bracket that is open", "products: [\n", `f.yml:1:11: sequence end token ']' not found`},
		{"brackets in brackets", "products: " + strings.Repeat("[", 100000), `f.yml:1:1011: more than 1000 lists in lists; the form needs three`},
		{"brackets in brackets on many lines", "products:\n" + strings.Repeat("  [\n", 100000), `f.yml:1002:3: more than 1000 lists in lists; the form needs three`},
		{"dashes after dashes", strings.Repeat("- ", 100000), `f.yml:1:2001: more than 1000 lists in lists; the form needs three`},
		{"bytes that are no text", "products: []\n# \xff\n", `f.yml:2:3: not UTF-8; save the file as UTF-8`},
		{"a control character", "products: []\n#\x00\n", `f.yml:2:2: the control character U+0000; a text file has none`},
		{"a file that is no list of products", "# " + strings.Repeat("a", maxFile), `f.yml: longer than 1048576 bytes; no list of products is`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			table, err := Read("f.yml", strings.NewReader(c.text))
			if err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if len(table.Products)+len(table.General) != 0 {
				t.Error("a table comes with the error")
			}
		})
	}
}

func TestAFileThatCannotBeReadIsNamed(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken disk")
	if _, err := Read("f.yml", iotest.ErrReader(broken)); !errors.Is(err, broken) || !strings.HasPrefix(err.Error(), "read f.yml: ") {
		t.Errorf("got %v", err)
	}
}

func TestAFileWithoutEntriesIsAnEmptyTable(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "\n", "# nothing yet\n", "---\n", "products: []\n", "null\n"} {
		table, err := Read("f.yml", strings.NewReader(text))
		if err != nil || len(table.Products)+len(table.General) != 0 {
			t.Errorf("%q: got %v and %v, want an empty table", text, table, err)
		}
	}
}

func TestASingleNumberHasSomeRoom(t *testing.T) {
	t.Parallel()
	const s = time.Second
	for _, c := range []struct {
		in   string
		got  func(Cause) any
		want any
	}{
		{"bytes: 4096", func(c Cause) any { return c.Bytes[0] }, Range[int]{4080, 4112}},
		{"bytes: 10", func(c Cause) any { return c.Bytes[0] }, Range[int]{9, 11}},
		{"bytes: 3847-3990", func(c Cause) any { return c.Bytes[0] }, Range[int]{3847, 3990}},
		{"count: 6", func(c Cause) any { return c.Count[0] }, Range[int]{6, 6}},
		{"period: 600ms", func(c Cause) any { return c.Period[0] }, Range[time.Duration]{s / 2, 7 * s / 10}},
		{"after: 60s", func(c Cause) any { return c.After[0] }, Range[time.Duration]{59 * s, 62400 * s / 1000}},
		{"after: 5s", func(c Cause) any { return c.After[0] }, Range[time.Duration]{4500 * s / 1000, 6 * s}},
		{"after: 59s - 63s", func(c Cause) any { return c.After[0] }, Range[time.Duration]{59 * s, 63 * s}},
	} {
		table := read(t, oneCause+"        "+c.in+"\n")
		if got := c.got(table.Products[0].Causes[0]); got != c.want {
			t.Errorf("%s: got %v, want %v", c.in, got, c.want)
		}
	}
}

// FuzzRead reads anything: the answer is a table that can be asked, or an error that begins with the file's name.
func FuzzRead(f *testing.F) {
	f.Add(Example)
	f.Add(oneCause)
	f.Add(byCertainty)
	f.Add("products: [{name: a, signs: [{answer: {Server: '^a'}}], causes: [{class: absorbs, says: |\n a\n, fix: >-\n b}]}]")
	f.Add("a: &b [*b]\n<<: *b\n? c\n: !!str d\n...\n---\n%YAML 1.2\n")
	f.Fuzz(func(t *testing.T, text string) {
		table, err := Read("f.yml", strings.NewReader(text))
		if err != nil {
			if !strings.HasPrefix(err.Error(), "f.yml:") {
				t.Errorf("%q does not begin with the file's name", err)
			}
			return
		}
		for _, c := range classes {
			table.Suspects(Symptom{Class: Class(c), Bytes: 10, After: time.Minute}, Signs{Answer: header("Server: a")})
		}
	})
}
