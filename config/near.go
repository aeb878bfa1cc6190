package config

import (
	"slices"
	"strconv"
	"strings"
)

// suggest says what to write instead of a word that is none of those known.
func suggest(word string, known []string) string {
	best := nearest(word, known)
	switch {
	case len(known) == 1:
		return "write " + known[0]
	case best == "":
		return "write one of: " + strings.Join(known, ", ")
	}
	rest := slices.DeleteFunc(slices.Clone(known), func(k string) bool { return k == best })
	return "write " + strconv.Quote(best) + " (or one of: " + strings.Join(rest, ", ") + ")"
}

// nearest returns the known word that was probably meant, or nothing. Half of a word may be wrong, and no more than three of its
// letters: what is further away was not a slip.
func nearest(word string, known []string) string {
	if len(word) > 40 { // no key is as long, and a value of the file may be
		return ""
	}
	best, least := "", min(3, len(word)/2)
	for _, k := range known {
		if d := distance(strings.ToLower(word), k); d <= least {
			best, least = k, d-1
		}
	}
	return best
}

// distance counts the letters to write, take out, replace or swap until a is b.
func distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	var before []int // the row before the last one
	last := make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := range x {
		row := make([]int, len(y)+1)
		row[0] = i + 1
		for j := range y {
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+differ(x[i], y[j]))
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last = last, row
	}
	return last[len(y)]
}

func differ(a, b rune) int {
	if a == b {
		return 0
	}
	return 1
}
