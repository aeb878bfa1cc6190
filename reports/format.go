package reports

import "io"

// A Format is one way to write documents: those of one run over any number of targets.
type Format struct {
	Name  string // of the flag
	Doc   string // what it is for, in a few words
	Write func(io.Writer, []*Document) error
}

// Formats lists the formats that are made from documents.
var Formats = []Format{
	{"json", "the whole report, for programs, and for ssespec report", JSON},
	{"junit", "JUnit XML, for Jenkins and GitLab", JUnit},
	{"sarif", "SARIF 2.1.0, for code scanning", SARIF},
	{"html", "one page to look at, which needs nothing beside itself", HTML},
	{"md", "Markdown, for the summary of a job or a pull request", Markdown},
	{"github", "annotations of a GitHub workflow", GitHub},
	{"tap", "the Test Anything Protocol, version 14", TAP},
	{"ndjson", "a line of JSON for each thing there is to say", NDJSON},
}
