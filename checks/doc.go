// Package checks holds the words of judging: a [Check] is one question asked of [Evidence],
// its answer is an [Outcome], and a [Suite] is an explicit list of checks.
//
// A check is a value with one pure function. It opens nothing, waits for nothing and looks
// at no clock; it reads recordings that package chaos made. So it is tested on files, and
// can be run again on the same evidence by a later version.
//
// To add a check:
//
//  1. Find its row in the catalogue of requirements, or give it one in checks/suite/coverage.go.
//  2. Write the literal in the family's folder, in the file of its topic, and list it in the family's Suite.
//  3. Put one passing and one failing recording in testdata/<slug>/, with a "want" line each.
//  4. Add a defect to package fixtures whose Breaks is the check's ID.
//  5. Run go test ./... -update, and read what changed.
//
// This package imports remedy, stream and wire, and never a family.
package checks
