package security

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/wire"
)

var idGuessable = &checks.Check{
	ID:     "security/id-guessable",
	Title:  "Tells whether an id could be guessed",
	Level:  checks.Fact,
	Clause: checks.Practice("https://cwe.mitre.org/data/definitions/340.html"),
	Since:  "0.3",
	Doc: `
Where the id is all that a reader needs to be given past events, it is a password. Numbers that count up are none.

Ids that anybody can guess are right where every request is authorized, which security/resume-authorization looks
at. The bits that are told are the most that ids of such a form can hold, not a measure of how they were drawn.`,
	Good:  "id: 7f9c2ba4-e88f-4d2a-9b1e-0c5d1a3e6f70\n(122 random bits)",
	Bad:   "id: 1\nid: 2\nid: 3\n(told, and no mistake by itself)",
	Needs: []wire.Scene{wire.Control},
	Reads: []wire.Scene{wire.Anonymous},
	When:  []checks.Condition{checks.EventStream},
	Judge: func(ev *checks.Evidence) checks.Outcome {
		ids := distinctIDs(ev.Control())
		switch v := ev.View(wire.Anonymous); {
		case len(ids) == 0:
			return checks.Unconcerned("no event has an id")
		case v != nil && !failing(v) && !v.OpenedEventStream():
			return checks.Unconcerned("without the credentials the request %s, so that an id need not be a secret", answered(v))
		}
		return checks.Held(len(ids), "different ids: %d; their form: %s", len(ids), form(ids))
	},
}

// distinctIDs returns the ids of a stream's events in order, each once.
func distinctIDs(v *checks.View) []string {
	var ids []string
	seen := map[string]bool{}
	for _, e := range v.Stream.Events {
		if id := string(e.ID); id != "" && !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	return ids
}

// form describes what ids look like.
func form(ids []string) string {
	if kind := uuidForm(ids); kind != "" {
		return kind
	}
	if n, ok := numbers(ids); ok {
		return counted(n)
	}
	start := commonStart(ids)
	rests := make([]string, len(ids))
	for i, id := range ids {
		rests[i] = id[len(start):]
	}
	behind := ""
	if start != "" {
		behind = fmt.Sprintf(", all behind %.40q", start)
	}
	if n, ok := numbers(rests); ok {
		return counted(n) + behind
	}
	return measured(rests) + behind
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-([1-8])[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$`)

// uuidForms say how much of a UUID is drawn at random (RFC 9562, 5).
var uuidForms = map[string]string{
	"1": "UUIDs made of time and place", "4": "random UUIDs, 122 bits", "6": "UUIDs made of time and place",
	"7": "UUIDs made of time and 74 random bits",
}

// uuidForm describes ids that are UUIDs of one version, or returns "".
func uuidForm(ids []string) string {
	version := ""
	for _, id := range ids {
		m := uuid.FindStringSubmatch(id)
		if m == nil || version != "" && m[1] != version {
			return ""
		}
		version = m[1]
	}
	return uuidForms[version]
}

// numbers reads decimal numbers; ok is false where one id is none.
func numbers(ids []string) (n []uint64, ok bool) {
	for _, id := range ids {
		v, err := strconv.ParseUint(id, 10, 64)
		if err != nil {
			return nil, false
		}
		n = append(n, v)
	}
	return n, true
}

// counted says how numbers follow each other.
func counted(n []uint64) string {
	by1, up := true, true
	for i := 1; i < len(n); i++ {
		by1 = by1 && n[i] == n[i-1]+1
		up = up && n[i] > n[i-1]
	}
	switch {
	case len(n) == 1:
		return fmt.Sprintf("a number, %d", n[0])
	case by1:
		return fmt.Sprintf("sequential numbers, %d to %d: who knows one knows the next", n[0], n[len(n)-1])
	case up:
		return fmt.Sprintf("ascending numbers, %d to %d", n[0], n[len(n)-1])
	}
	return "numbers in no order"
}

// commonStart returns what several ids begin with, less the digits at its end: those belong to a number.
func commonStart(ids []string) string {
	if len(ids) == 1 {
		return ""
	}
	start := ids[0]
	for _, id := range ids[1:] {
		for !strings.HasPrefix(id, start) {
			start = start[:len(start)-1]
		}
	}
	return strings.TrimRight(start, "0123456789")
}

// alphabets are the sets of characters that ids are drawn from, the smallest first, and how many each has.
var alphabets = []struct {
	chars string
	size  float64
}{
	{"0123456789-", 10},
	{"0123456789abcdefABCDEF-", 16},
	{"0123456789abcdefghijklmnopqrstuvwxyz-_", 36},
	{"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", 36},
	{"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_+/=", 64},
}

// measured says how many bits ids of such lengths and characters can hold at most.
func measured(ids []string) string {
	longest, all := 0, strings.Join(ids, "")
	for _, id := range ids {
		longest = max(longest, len(id))
	}
	size := 256.0
	for _, a := range alphabets {
		if strings.Trim(all, a.chars) == "" {
			size = a.size
			break
		}
	}
	return fmt.Sprintf("text, of which no more than %d characters differ: at most %.0f bits", longest, float64(longest)*math.Log2(size))
}
