package browser_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/ssespec/ssespec/checks/browser"
	"github.com/ssespec/ssespec/checks/wire"
)

func TestAnOriginIsSchemeHostAndAPortOfItsOwn(t *testing.T) {
	for raw, want := range map[string]string{
		"https://App.Example/path?q":    "https://app.example",
		"https://app.example:443/":      "https://app.example",
		"http://app.example:443/":       "http://app.example:443",
		"http://app.example:80":         "http://app.example",
		"http://[::1]:3000/x":           "http://[::1]:3000",
		"http://user:pw@127.0.0.1:8080": "http://127.0.0.1:8080",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := browser.OriginOf(u); got != want {
			t.Errorf("%s: got %s, want %s", raw, got, want)
		}
	}
}

func TestOnlyWhatABrowserWritesIsAnOrigin(t *testing.T) {
	for _, s := range []string{"https://app.example", "http://localhost:3000", "http://[::1]:3000"} {
		if !browser.IsOrigin(s) {
			t.Errorf("%q is an origin", s)
		}
	}
	for _, s := range []string{"", "*", "null", "app.example", "https://app.example/", "https://app.example:443", "https://App.example", "https://*.example", "https://a.example, https://b.example", "https://me@app.example"} {
		if browser.IsOrigin(s) {
			t.Errorf("%q is no origin", s)
		}
	}
}

func TestThisMachineIsTrustworthyByItsNames(t *testing.T) {
	for host, want := range map[string]bool{
		"localhost": true, "LOCALHOST.": true, "app.localhost": true, "127.0.0.1": true, "127.8.9.1": true, "::1": true,
		"192.168.0.1": false, "localhost.example": false, "notlocalhost": false, "0.0.0.0": false,
	} {
		if got := browser.Loopback(host); got != want {
			t.Errorf("%s: got %v, want %v", host, got, want)
		}
	}
	for host, want := range map[string]bool{"10.1.2.3": true, "192.168.0.1": true, "169.254.0.1": true, "fd00::1": true, "printer.local": true, "8.8.8.8": false, "app.example": false, "::ffff:10.0.0.1": true} {
		if got := browser.Private(host); got != want {
			t.Errorf("%s is private: got %v, want %v", host, got, want)
		}
	}
}

func TestAPageAsksLeaveForWhatIsNotSafelisted(t *testing.T) {
	long := strings.Repeat("x", 129)
	for _, tc := range []struct {
		says   string
		method string
		fields wire.Header
		want   []string
		needed bool
	}{
		{"a plain GET", "GET", nil, nil, false},
		{"a method of its own", "PUT", nil, nil, true},
		{"what the browser adds itself", "GET", wire.Header{{Name: "Cookie", Value: "a=b"}, {Name: "User-Agent", Value: "x"}, {Name: "Sec-Fetch-Mode", Value: "cors"}, {Name: "Origin", Value: "x"}}, nil, false},
		{"names in lower case, sorted, each once", "POST", wire.Header{{Name: "X-B", Value: "1"}, {Name: "Authorization", Value: "x"}, {Name: "x-b", Value: "2"}}, []string{"authorization", "x-b"}, true},
		{"JSON", "POST", wire.Header{{Name: "Content-Type", Value: "application/json"}}, []string{"content-type"}, true},
		{"a form", "POST", wire.Header{{Name: "Content-Type", Value: "application/x-www-form-urlencoded; charset=utf-8"}}, nil, false},
		{"a safelisted field that is too long", "GET", wire.Header{{Name: "Accept", Value: long}}, []string{"accept"}, true},
		{"a safelisted field with an unsafe byte", "GET", wire.Header{{Name: "Accept", Value: `text/event-stream;v="1"`}}, []string{"accept"}, true},
		{"a range with a beginning", "GET", wire.Header{{Name: "Range", Value: "bytes=0-"}}, nil, false},
		{"a range without one", "GET", wire.Header{{Name: "Range", Value: "bytes=-5"}}, []string{"range"}, true},
		{"Last-Event-ID", "GET", wire.Header{{Name: "Last-Event-ID", Value: "1"}}, []string{"last-event-id"}, true},
	} {
		r := wire.Request{Method: tc.method, Header: tc.fields}
		got, needed := browser.Page{Client: browser.Script}.Asks(r)
		if !slices.Equal(got, tc.want) || needed != tc.needed {
			t.Errorf("%s: got %v, %v", tc.says, got, needed)
		}
		if _, needed := (browser.Page{Client: browser.EventSource}).Asks(r); needed {
			t.Errorf("%s: an EventSource never asks", tc.says)
		}
	}
}

func TestSafelistedFieldsThatAreTooLongTogetherAreAskedFor(t *testing.T) {
	var h wire.Header
	for _, name := range []string{"Accept", "Accept-Language", "Content-Language"} {
		for range 4 {
			h = append(h, wire.Field{Name: name, Value: strings.Repeat("x", 100)})
		}
	}
	got, needed := browser.Page{Client: browser.Script}.Asks(wire.Request{Method: "GET", Header: h})
	if want := []string{"accept", "accept-language", "content-language"}; !slices.Equal(got, want) || !needed {
		t.Errorf("got %v, %v", got, needed)
	}
}

func TestAuthorizationUnderAStarIsSeen(t *testing.T) {
	leave := func(allowed string) *wire.Exchange {
		return &wire.Exchange{
			Request: wire.Request{Method: "OPTIONS", Header: wire.Header{{Name: browser.RequestMethod, Value: "GET"}, {Name: browser.RequestHeaders, Value: "authorization,x-a"}}},
			Status:  204, Header: wire.Header{{Name: browser.AllowOrigin, Value: "*"}, {Name: browser.AllowHeaders, Value: allowed}},
		}
	}
	for allowed, want := range map[string]bool{"*": true, "*, x-a": true, "*, Authorization": false, "authorization, x-a": false, "": false} {
		if got := browser.StarForAuthorization(leave(allowed)); got != want {
			t.Errorf("%q: got %v, want %v", allowed, got, want)
		}
	}
}
