package recovery

import "testing"

func TestWhatIdsBeginWithTellsAnswersApartUnlessItIsATime(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"answer-7-3":             "answer-7-",
		"7-3":                    "7-",
		"1795671532:3":           "", // nchan: the second, and a number within it
		"1795671532123-3":        "", // Redis: the millisecond, and a number within it
		"1795671532123456.3":     "",
		"99999999999999999999-3": "99999999999999999999-",
		"3":                      "",
		"a":                      "",
	} {
		got, ok := new(identity).value(item{name: id})
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q begins with %q, want %q", id, got, want)
		}
	}
}
