// Package browser says what a browser does with an answer: whether a page on another origin may read it, and
// whether a reader that comes back may.
//
// It knows the Fetch standard's CORS check, preflights and redirects, and when HTML's EventSource opens, as
// functions of what was asked and answered. Its tests hold it, and this project's reader of event streams,
// against a real browser.
//
// It imports stream and wire.
package browser
