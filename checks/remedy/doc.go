// Package remedy knows what products that stand between an origin and a reader do to a stream: how each is recognised,
// with which numbers, and which lines of configuration mend it.
//
// It is data, in remedies.yml, and the search in it. A rule says what it saw as a [Symptom]; who tells the user about it
// asks a [Table] what that is consistent with.
//
// # A file of one's own
//
// A user's file has the form of remedies.yml: its products come first, and replace those of the same name. This is a
// whole one, which is [Example] too:
//
//	products:
//	  - name: our-gateway                 # one word
//	    title: our own gateway            # as people call it
//	    signs:                            # each of them names it; of one sign, all fields have to match
//	      - answer: {Via: '\bour-gw\b'}
//	      - request: {X-Our-Gateway: ''}
//	    hides: [nginx-before-1.29.7, nginx-since-1.29.7, nginx]
//	    causes:
//	      - class: byte-held
//	        bytes: [8192, 16000-16384]
//	        says: stream_buffer of a route collects the answer.
//	        fix: |
//	          routes:
//	            events: {stream_buffer: 0}
//	        wrong: the same under defaults, which routes do not inherit.
//	        evidence: measured
//	        source: https://wiki.example.com/gateway
//	        date: 2026-11-23
//	      - class: idle-cut
//	        after: 45s
//	        when: the route goes through the old cluster
//	        says: the old cluster ends a stream that is silent.
//	        none: The time is fixed until the cluster is gone.
//	general:
//	  - class: idle-cut
//	    says: our services send a comment every 10 seconds with the library's heartbeat.
//	    fix: stream.Heartbeat(10 * time.Second)
//
// A sign has under answer the fields of the answer as it reached the reader, under request those of the request as it
// reached the origin. Beside each name stands what has to be found in the value, as a regular expression in RE2 syntax,
// without regard to case; an empty one is satisfied with the field. With always-signs: true, an answer without a sign
// rules the product out. Products under hides, which it is built on, are not suspected where it is.
//
// Of a cause, class and says are needed, and either fix, the lines as one would paste them, or none, why there are none.
// The classes are the constants of type [Class]. What narrows a cause:
//
//   - bytes, period, after and count: what is measured where the cause is at work; a value, a range or a list of them.
//     For a single value, bytes may differ by 16, a period by a sixth, a time of silence or of age by some percent.
//   - coding: the content codings, or any, with which alone it shows. Without it, the cause shows in every coding.
//   - version: HTTP/1.1 or another, over which alone it shows. Without it, it shows over each.
//   - field: the fields that it drops or changes.
//   - when: what else has to be so, in words.
//
// The evidence is measured, source (read in the product's text), documented, reported or unverified; reported is
// assumed. An unverified cause is never told where only a number speaks for it.
//
// The package imports wire.
package remedy
