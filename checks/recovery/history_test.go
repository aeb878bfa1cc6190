package recovery

import (
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

var histories = flag.Int("histories", 20_000, "random histories on which Flaws and the brute-force reading must agree")

// The truth of these histories is the events 0 to 5, of which 5 is the final one. A bar is a cut, ? an event
// that is in no truth, ! marks other content and ' another name. The last connection ended, unless the
// history is "open"; of an "endless" truth the end is not known.
func TestFlawsAreNamedAsAPersonWouldNameThem(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, given, want string }{
		{"an answer without a cut is whole", "0 1 2 3 4 5", ""},
		{"a resumed answer is whole", "0 1 2 | 3 4 5", ""},
		{"a resumed answer is whole when the stream stays open behind its end", "0 1 2 | 3 4 5 open", ""},
		{"a feed that goes on is whole as far as it was read", "0 1 2 | 3 4 5 endless", ""},
		{"a cut before the first event does no harm", "| 0 1 2 3 4 5", ""},
		{"a cut behind the final event does no harm", "0 1 2 3 4 5 |", ""},
		{"a second cut does no harm", "0 1 | 2 3 | 4 5", ""},
		{"a second cut before any event does no harm", "0 1 | | 2 3 4 5", ""},
		{"the final event may be all that was left", "0 1 2 3 4 | 5", ""},

		{"one event was lost at the cut", "0 1 2 | 4 5", "lost 3"},
		{"one event was lost between two others", "0 1 3 4 5", "lost 2"},
		{"the first event was lost", "| 1 2 3 4 5", "lost 0"},
		{"a resume is off by one at the second cut too", "0 1 | 3 | 5", "lost 2 4"},
		{"an answer that ends too early lost the rest", "0 1 2 | 3", "lost 4 5"},
		{"a feed lost an event", "0 1 2 | 4 5 endless", "lost 3"},
		{"a feed lost its latest events", "0 1 2 | 3 endless", "lost 4 5"},
		{"nothing was ever connected", "none", "lost 0 1 2 3 4 5"},

		{"a resume that includes the last event read gives it twice", "0 1 2 | 2 3 4 5", "duplicated 2"},
		{"a resume two events too early gives both twice", "0 1 2 | 1 2 3 4 5", "duplicated 1 2"},
		{"an event may be given twice without a cut", "0 1 1 2 3 4 5", "duplicated 1"},
		{"the first event alone, read and given again, is a resume that includes it", "0 | 0 1 2 3 4 5", "duplicated 0"},
		{"a first event that is sent on every connection is a duplicate", "0 1 2 | 0 3 4 5", "duplicated 0"},
		{"every connection repeats one event", "0 1 | 1 2 3 | 3 4 5", "duplicated 1 3"},

		{"an answer began again", "0 1 2 | 0 1 2 3 4 5", "restarted"},
		{"an answer began again after two events", "0 1 | 0 1 2 3 4 5", "restarted"},
		{"an answer began again on every connection", "0 1 2 | 0 1 2 | 0 1 2 3 4 5", "restarted"},
		{"an answer began again under new names", "0 1 2 | 0' 1' 2' 3' 4' 5'", "restarted"},
		{"an answer that began again was cut, and goes on", "0 1 2 3 | 0 1 | 2 3 4 5", "restarted"},
		{"an answer that began again was cut, and is resumed off by one", "0 1 2 3 | 0 1 | 1 2 3 4 5", "restarted; duplicated 1"},
		{"an answer that began again gives an event twice", "0 1 2 | 0 1 2 3 3 4 5", "restarted; duplicated 3"},
		{"an answer that began again gives an event twice that was read", "0 1 2 | 0 1 2 2 3 4 5", "restarted; duplicated 2"},
		{"an answer that began again lost an event", "0 1 2 | 0 1 2 4 5", "restarted; lost 3"},
		{"an answer that began again has other content", "0 1 2 | 0 1! 2 3 4 5", "corrupted 1; restarted"},
		{"an answer was made anew", "0 1 2 | ? ? ? ?", "restarted; lost 3 4 5"},
		{"an answer was made anew after its first event", "0 | ? ? ? ?", "restarted; lost 1 2 3 4 5"},
		{"of a feed without an end nobody knows whether it is another one", "0 1 2 | ? ? endless", "foreign; lost 3 4 5"},

		{"an event of another stream came", "0 1 2 | ? 3 4 5", "foreign"},
		{"an event of another stream came in the place of one", "0 1 2 | ? 4 5", "foreign; lost 3"},
		{"an event has other content", "0 1 2 | 3! 4 5", "corrupted 3"},
		{"every connection has its own names", "0 1 2 | 3' 4' 5'", "corrupted 3 4 5"},
		{"the half event before the cut was given out, and again in full", "0 1 2! | 2 3 4 5", "corrupted 2; duplicated 2"},

		{"two events changed places", "0 1 2 | 4 3 5", "reordered 3"},
		{"the missing event came at last", "0 1 2 | 4 5 3", "reordered 3"},
		{"an event came behind a later one and twice", "0 2 1 1 3 4 5", "reordered 1; duplicated 1"},

		{"the end came though content is missing", "0 1 2 | 5", "false-end 3 4"},
		{"the end came though content is missing, and the stream stays open", "0 1 2 | 5 open", "false-end 3 4"},
		{"the end came at once", "5", "false-end 0 1 2 3 4"},
		{"the final event was all that was left of an answer with a gap", "0 1 3 4 | 5", "lost 2"},
		{"a place that the server does not know was answered with nothing", "0 1 2 |", "silent-loss 3 4 5"},
		{"nothing was right where only an earlier event is missing", "0 1 3 4 5 |", "lost 2"},
		{"a feed ended with nothing", "0 1 2 | over", "silent-loss 3 4 5"},
		{"a stream is open and says nothing", "0 1 2 | open", "hung 3 4 5"},
		{"a stream is open and stops in the middle", "0 1 2 | 3 open", "hung 4 5"},
		{"a stream has a gap and stops in the middle", "0 1 2 | 4 open", "hung 5; lost 3"},
		{"a first answer that ended with nothing is lost", "", "lost 0 1 2 3 4 5"},

		{"twice at one cut and lost at the next", "0 1 | 1 2 | 4 5", "lost 3; duplicated 1"},
		{"an event of another stream and one with other content", "0 1 2 | ? 3! 4 5", "foreign; corrupted 3"},
		{"new names and one event twice", "0 1 2 | 2' 3' 4' 5'", "corrupted 2 3 4 5; duplicated 2"},
		{"an answer began again and then hung", "0 1 2 | 0 1 2 3 open", "restarted; hung 4 5"},
		{"an answer began again, and its next part is not known", "0 1 2 | 0 1 2 3 |", "restarted; silent-loss 4 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := read(c.given)
			if got := words(brute(h)); got != c.want {
				t.Errorf("by the definitions: got %q, want %q", got, c.want)
			}
			if got := words(kinds(Flaws(h))); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// Flaws must agree with the reading that takes the definitions word by word. Half of the histories are
// sound ones that one to three things happened to, since pure chance rarely begins an answer again.
func TestFlawsAgreesWithTheDefinitions(t *testing.T) {
	check(t, *histories)
	seen := map[Verdict]int{}
	rapid.Check(t, func(t *rapid.T) {
		h := rapid.OneOf(rapid.Custom(random), rapid.Custom(damaged)).Draw(t, "history")
		flaws, want := Flaws(h), brute(h)
		if got := words(kinds(flaws)); got != words(want) {
			t.Fatalf("%s:\n got %q\nwant %q", tell(h), got, words(want))
		}
		worstFirst(t, flaws)
		for _, f := range flaws {
			seen[f.Kind]++
			if !shows(h, f) {
				t.Fatalf("%s: %s is not at piece %d, event %d", tell(h), f.Kind, f.Piece, f.Pos)
			}
		}
	})
	t.Log(seen)
	for _, v := range Verdicts[:gravity(Duplicated)+1] {
		if seen[v] == 0 && *histories >= 20_000 && !t.Failed() {
			t.Errorf("no history is %s: the agreement says nothing about it", v)
		}
	}
}

func TestFlawsFindsNothingInASoundHistory(t *testing.T) {
	check(t, 2000)
	rapid.Check(t, func(t *rapid.T) {
		if h := rapid.Custom(sound).Draw(t, "history"); len(Flaws(h)) != 0 {
			t.Fatalf("%s: got %v, want nothing", tell(h), Flaws(h))
		}
	})
}

func TestFlawsTakesAnyHistory(t *testing.T) {
	check(t, 2000)
	rapid.Check(t, func(t *rapid.T) {
		place := rapid.IntRange(-3, 12)
		token := rapid.Custom(func(t *rapid.T) Token {
			return Token{place.Draw(t, "index"), rapid.Bool().Draw(t, "altered"), rapid.Bool().Draw(t, "renamed")}
		})
		worstFirst(t, Flaws(History{
			From: place.Draw(t, "from"), To: place.Draw(t, "to"),
			Pieces: rapid.SliceOfN(rapid.SliceOfN(token, 0, 4), 0, 4).Draw(t, "pieces"),
			Ended:  rapid.Bool().Draw(t, "ended"), Final: rapid.Bool().Draw(t, "final"),
		}))
	})
}

// An event before the place that the reader named is behind no later one.
func TestAnEventFromBeforeTheReadersPlaceIsNotReordered(t *testing.T) {
	t.Parallel()
	h := History{From: 2, To: 3, Pieces: [][]Token{{{Index: 0}, {Index: 1}, {Index: 2}}}, Ended: true, Final: true}
	if got := words(kinds(Flaws(h))); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestAReaderThatHadEverythingIsNotHung(t *testing.T) {
	t.Parallel()
	h := History{From: 3, To: 3, Pieces: [][]Token{{}}, Final: true}
	if got := words(kinds(Flaws(h))); got != "" {
		t.Errorf("got %q, want nothing", got)
	}
}

func TestFlawsNameAnEventOnce(t *testing.T) {
	t.Parallel()
	for _, f := range Flaws(read("0 1! 1! 1! 2 3 4 5")) {
		if got := len(f.Tokens); got != 1 {
			t.Errorf("%s: got %v, want 1 alone", f.Kind, f.Tokens)
		}
	}
}

// check sets how many histories rapid tries. A failure prints the history and the seed; a file is not needed.
// The tests that use it are not parallel, as the setting is rapid's own and shared.
func check(t *testing.T, n int) {
	t.Helper()
	for name, value := range map[string]string{"rapid.checks": strconv.Itoa(n), "rapid.nofailfile": "true"} {
		before := flag.Lookup(name).Value.String()
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = flag.Set(name, before) })
	}
}

func worstFirst(t *rapid.T, flaws []Flaw) {
	for i := 1; i < len(flaws); i++ {
		if gravity(flaws[i-1].Kind) >= gravity(flaws[i].Kind) {
			t.Fatalf("%s stands before %s", flaws[i-1].Kind, flaws[i].Kind)
		}
	}
}

// shows reports whether the place that a flaw names is one at which it can be seen, and whether its first
// event is the one there. What is missing is seen at the first event behind it, or where the last piece stops.
func shows(h History, f Flaw) bool {
	if len(h.Pieces) == 0 {
		return true
	}
	if f.Piece < 0 || f.Piece >= len(h.Pieces) || f.Pos < 0 || f.Pos > len(h.Pieces[f.Piece]) {
		return false
	}
	if f.Pos == len(h.Pieces[f.Piece]) {
		return f.Piece == len(h.Pieces)-1 && slices.Contains([]Verdict{SilentLoss, Hung, Lost}, f.Kind)
	}
	at := h.Pieces[f.Piece][f.Pos]
	before := all(History{Pieces: h.Pieces[:f.Piece]})
	for _, t := range h.Pieces[f.Piece][:f.Pos] {
		before = append(before, given{t, f.Piece})
	}
	switch f.Kind {
	case Foreign:
		return at.Index < 0
	case Restarted:
		return f.Pos == 0 && bruteRestart(h, f.Piece)
	case Corrupted:
		return f.Tokens[0] == at.Index && (at.Altered || at.Renamed)
	case Duplicated:
		return f.Tokens[0] == at.Index && slices.ContainsFunc(before, func(c given) bool { return c.Index == at.Index })
	case Reordered:
		return f.Tokens[0] == at.Index && latest(before) > at.Index
	case FalseEnd:
		return at.Index == h.To-1
	}
	return at.Index > slices.Min(f.Tokens)
}

func random(t *rapid.T) History {
	token := rapid.Custom(func(t *rapid.T) Token {
		mark := rapid.IntRange(0, 9).Draw(t, "mark")
		return Token{rapid.IntRange(-1, 6).Draw(t, "index"), mark == 1 || mark == 3, mark == 2 || mark == 3}
	})
	return History{
		From: rapid.IntRange(0, 7).Draw(t, "from"), To: rapid.IntRange(0, 7).Draw(t, "to"),
		Pieces: rapid.SliceOfN(rapid.SliceOfN(token, 0, 7), 1, 4).Draw(t, "pieces"),
		Ended:  rapid.Bool().Draw(t, "ended"), Final: rapid.Bool().Draw(t, "final"),
	}
}

func sound(t *rapid.T) History {
	h := History{To: rapid.IntRange(0, 7).Draw(t, "to"), Final: rapid.Bool().Draw(t, "final")}
	h.From = rapid.IntRange(0, min(2, h.To)).Draw(t, "from")
	h.Ended = h.Final
	h.Pieces = make([][]Token, rapid.IntRange(1, 4).Draw(t, "pieces"))
	piece := 0
	for place := h.From; place < h.To; place++ {
		piece = rapid.IntRange(piece, len(h.Pieces)-1).Draw(t, "piece")
		h.Pieces[piece] = append(h.Pieces[piece], Token{Index: place})
	}
	return h
}

func damaged(t *rapid.T) History {
	h := sound(t)
	for range rapid.IntRange(1, 3).Draw(t, "damages") {
		damage(t, &h)
	}
	return h
}

// damage does one thing to a history that servers do.
func damage(t *rapid.T, h *History) {
	i := rapid.IntRange(0, len(h.Pieces)-1).Draw(t, "at piece")
	p := h.Pieces[i]
	k := rapid.IntRange(0, len(p)).Draw(t, "at event")
	j := rapid.IntRange(0, len(p)).Draw(t, "or at")
	end := k == len(p)
	switch rapid.SampledFrom([]string{
		"drop", "repeat", "swap", "strange", "alter", "rename", "rename all", "empty", "begin again", "make anew",
		"replay", "stop", "leave open", "end", "final alone", "cut once more", "know the end",
	}).Draw(t, "damage") {
	case "drop":
		p = slices.Delete(p, k, min(k+1, len(p)))
	case "repeat":
		if !end {
			p = slices.Insert(p, j, p[k])
		}
	case "swap":
		if !end && j < len(p) {
			p[k], p[j] = p[j], p[k]
		}
	case "strange":
		p = slices.Insert(p, k, Token{Index: -1})
	case "alter":
		if !end {
			p[k].Altered = true
		}
	case "rename":
		if !end {
			p[k].Renamed = true
		}
	case "rename all":
		for k := range p {
			p[k].Renamed = true
		}
	case "empty":
		p = nil
	case "begin again":
		p = nil
		for place := h.From; place <= h.From+k; place++ {
			p = append(p, Token{Index: place})
		}
	case "make anew":
		for k := range p {
			p[k].Index = -1
		}
	case "replay":
		if i > 0 {
			before := h.Pieces[i-1]
			p = slices.Concat(before[len(before)-min(len(before), k):], p)
		}
	case "stop":
		p = p[:k]
	case "leave open":
		h.Ended = false
	case "end":
		h.Ended = true
	case "final alone":
		p = []Token{{Index: h.To - 1}}
	case "cut once more":
		h.Pieces[i] = slices.Clone(p[:k])
		h.Pieces = slices.Insert(h.Pieces, i+1, slices.Clone(p[k:]))
		return
	case "know the end":
		h.Final = !h.Final
	}
	h.Pieces[i] = p
}

// read reads a history as the table words it.
func read(given string) History {
	h := History{To: 6, Pieces: [][]Token{{}}, Ended: true, Final: true}
	for _, word := range strings.Fields(given) {
		n := len(h.Pieces) - 1
		switch word {
		case "none":
			h.Pieces = nil
		case "open":
			h.Ended = false
		case "endless":
			h.Ended, h.Final = false, false
		case "over":
			h.Final = false
		case "|":
			h.Pieces = append(h.Pieces, []Token{})
		case "?":
			h.Pieces[n] = append(h.Pieces[n], Token{Index: -1})
		default:
			place, err := strconv.Atoi(strings.TrimRight(word, "!'"))
			if err != nil {
				panic(err) // a mistake in the table
			}
			h.Pieces[n] = append(h.Pieces[n], Token{place, strings.Contains(word, "!"), strings.Contains(word, "'")})
		}
	}
	return h
}

// tell words a history for a failure.
func tell(h History) string {
	var b strings.Builder
	fmt.Fprintf(&b, "of %d to %d, ended %t, final %t:", h.From, h.To, h.Ended, h.Final)
	for i, p := range h.Pieces {
		if i > 0 {
			b.WriteString(" |")
		}
		for _, t := range p {
			fmt.Fprintf(&b, " %d", t.Index)
			if t.Altered {
				b.WriteString("!")
			}
			if t.Renamed {
				b.WriteString("'")
			}
		}
	}
	return b.String()
}

func kinds(flaws []Flaw) map[Verdict][]int {
	found := map[Verdict][]int{}
	for _, f := range flaws {
		found[f.Kind] = f.Tokens
	}
	return found
}

// words words flaws, the worst one first, and each event once.
func words(found map[Verdict][]int) string {
	var all []string
	for _, v := range Verdicts {
		if tokens, ok := found[v]; ok {
			tokens = slices.Compact(slices.Sorted(slices.Values(tokens)))
			all = append(all, strings.TrimSpace(string(v)+" "+strings.Trim(fmt.Sprint(tokens), "[]")))
		}
	}
	return strings.Join(all, "; ")
}
