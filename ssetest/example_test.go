package ssetest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/ssetest"
)

// count is a stream of three events that does what the standards ask for.
func count(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	for i := 1; i <= 3; i++ {
		fmt.Fprintf(w, "id: %d\ndata: {\"count\":%d}\n\n", i, i)
		w.(http.Flusher).Flush()
	}
}

// latin writes in an encoding that no reader of event streams expects.
func latin(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprint(w, "id: 1\ndata: Gr\xfc\xdfe\n\n")
}

// In a test it is one line: ssetest.Handler(t, http.HandlerFunc(count)).
func Example() {
	server := httptest.NewServer(http.HandlerFunc(count))
	defer server.Close()
	r, err := ssetest.Judge(context.Background(), server.URL, ssetest.Only("framing/utf8", "framing/blank-line", "headers/content-type-essence"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r)
	// Output:
	// 3 pass · 0 fail
}

func Example_broken() {
	server := httptest.NewServer(http.HandlerFunc(latin))
	defer server.Close()
	r, err := ssetest.Judge(context.Background(), server.URL, ssetest.Only("framing"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, x := range r.Failures() {
		fmt.Println(x.ID, x.Level, x.Verdict)
		fmt.Println(x.Reason)
	}
	fmt.Println(r.Count(checks.Fail), "failed")
	// Output:
	// framing/utf8 must fail
	// "\xfc" is not UTF-8, a byte that UTF-8 never uses: a client shows U+FFFD in its place (and 1 more)
	// 1 failed
}
