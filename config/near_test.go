package config

import "testing"

func TestWhatWasProbablyMeant(t *testing.T) {
	t.Parallel()
	known := []string{"time", "timeout", "url", "fail-on", "headers", "header"}
	for word, want := range map[string]string{
		"tiem": "time", "timout": "timeout", "Fail-On": "fail-on", "fail_on": "fail-on", "failOn": "fail-on", "uri": "url", "headrs": "headers",
		"x": "", "abc": "", "something": "", "": "",
	} {
		if got := nearest(word, known); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestDistancesCountSlips(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want int
	}{{"", "abc", 3}, {"abc", "abc", 0}, {"acb", "abc", 1}, {"ab", "abc", 1}, {"abcd", "abc", 1}, {"äbc", "abc", 1}, {"cab", "abc", 2}, {"tiem", "time", 1}} {
		if got := distance(tc.a, tc.b); got != tc.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tc.a, tc.b, got, tc.want)
		}
		if got := distance(tc.b, tc.a); got != tc.want {
			t.Errorf("distance(%q, %q) = %d, want %d", tc.b, tc.a, got, tc.want)
		}
	}
}
