package security

import (
	"strings"
	"testing"
)

func TestFormOfIDs(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ ids, want string }{
		{"41", "a number, 41"},
		{"1 2 3", "sequential numbers, 1 to 3: who knows one knows the next"},
		{"10 11 12", "sequential numbers, 10 to 12: who knows one knows the next"},
		{"3 7 9", "ascending numbers, 3 to 9"},
		{"9 3 7", "numbers in no order"},
		{"7-1 7-2", `sequential numbers, 1 to 2: who knows one knows the next, all behind "7-"`},
		{"room/10 room/11", `sequential numbers, 10 to 11: who knows one knows the next, all behind "room/"`},
		{"7f9c2ba4-e88f-4d2a-9b1e-0c5d1a3e6f70 0b1c2ba4-e88f-4d2a-8b1e-0c5d1a3e6f71", "random UUIDs, 122 bits"},
		{"018f2ba4-e88f-7d2a-9b1e-0c5d1a3e6f70", "UUIDs made of time and 74 random bits"},
		{"1700000000000-0 1700000000001-0", `text, of which no more than 15 characters differ: at most 50 bits`},
		{"evt_a8Zk evt_Q0pL", `text, of which no more than 4 characters differ: at most 24 bits, all behind "evt_"`},
		{"a a1", `text, of which no more than 1 characters differ: at most 3 bits, all behind "a"`},
	} {
		if got := form(strings.Fields(c.ids)); got != c.want {
			t.Errorf("form of %s: got %q, want %q", c.ids, got, c.want)
		}
	}
}

func TestWhatIsNamedLikeACredential(t *testing.T) {
	t.Parallel()
	for _, name := range strings.Fields("token access_token accessToken api-key X-API-Key jwt authorization password auth key") {
		if !isCredential(name) {
			t.Errorf("%s: got no credential, want one", name)
		}
	}
	for _, name := range strings.Fields("topic page_token next_token sync-token csrf_token sort_key partition_key public_key sig signature author tokens lastEventId ticket") {
		if isCredential(name) {
			t.Errorf("%s: got a credential, want none", name)
		}
	}
}
