package main

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/ssespec/ssespec/chaos"
	"github.com/ssespec/ssespec/checks"
	"github.com/ssespec/ssespec/checks/profile"
	"github.com/ssespec/ssespec/checks/remedy"
	"github.com/ssespec/ssespec/checks/suite"
	"github.com/ssespec/ssespec/checks/wire"
	"github.com/ssespec/ssespec/config"
)

// forms says what the values of a configuration file may be: what the flags of the same meaning take.
func forms() config.Forms {
	return config.Forms{
		"rule-pattern": {Check: ruleForm, Says: "the id of a rule, a family or a glob", Example: "framing/*"},
		"fail-on":      {Words: []string{"must", "should", "advice", "never"}},
		"level":        {Words: []string{"must", "should", "advice", "fact"}},
		"promise":      {Words: checks.Promises},
		"profile":      {Words: append([]string{"auto"}, checks.Profiles...)},
		"resume":       {Check: resumeForm, Says: "auto, last-event-id, header:NAME, query:NAME, get:URL-TEMPLATE, replay or none", Example: "last-event-id"},
		"origin":       {Check: originForm, Says: "scheme, host and port as a browser writes them", Example: "https://app.example"},
		"url":          {Check: urlForm, Says: "an http or https URL", Example: "https://app.example/stream"},
		"field":        {Check: fieldForm, Says: "a header field, as 'Name: value'", Example: "'Authorization: Bearer ${TOKEN}'"},
		"schedule":     {Check: scheduleForm, Says: "sweep, random, or PLACE/FAULT", Example: "event:5/rst"},
		"fault":        {Check: faultForm, Says: "a kind of fault", Example: "rst"},
		"product":      {Check: productForm, Says: "a product that ssespec remedies lists", Example: "nginx"},
	}
}

// hinted turns the error of a flag into one of a file: the message, and what to write instead.
func hinted(err error) error {
	if use, ok := err.(*usageError); ok && use.hint != "" {
		hint := mayBreak.ReplaceAllString(use.hint, "chaos: {i-may-break: true}")
		return errors.New(use.message + ": " + strings.TrimSuffix(lower(hint), "."))
	}
	return err
}

// mayBreak is a flag whose key is not of the same name.
var mayBreak = regexp.MustCompile(`--i-may-break \S+`)

// lower begins a sentence that stands behind another one.
func lower(s string) string {
	for _, word := range []string{"Write ", "See ", "If ", "Give ", "Set ", "Known "} {
		if strings.HasPrefix(s, word) {
			return strings.ToLower(s[:1]) + s[1:]
		}
	}
	return s
}

func ruleForm(p string) error {
	if _, err := suite.All().Match(p); err != nil {
		return fmt.Errorf("%w: ssespec rules lists their ids", err)
	}
	return nil
}

func resumeForm(s string) error {
	if s == "auto" {
		return nil
	}
	_, err := profile.ParseResume(s)
	return err
}

func originForm(s string) error {
	_, err := originOf(s)
	return hinted(err)
}

func urlForm(s string) error {
	_, err := parseURL(s)
	return hinted(err)
}

func fieldForm(s string) error {
	name, _, ok := strings.Cut(s, ":")
	if !ok || !wire.IsToken(name) {
		return errors.New("this is no header field: write 'Name: value'")
	}
	return nil
}

func scheduleForm(s string) error {
	if s == "sweep" || s == "random" {
		return nil
	}
	_, err := chaos.ParseSchedule(s)
	return err
}

func faultForm(s string) error {
	_, err := chaos.ParseFault(s)
	return err
}

func productForm(s string) error {
	if !holds(remedy.Builtin(), s) {
		return fmt.Errorf("no product %q is known: ssespec remedies lists their names", s)
	}
	return nil
}

// levelOf returns the level of that name.
func levelOf(name string) checks.Level {
	for l := checks.Fact; l <= checks.Must; l++ {
		if l.String() == name {
			return l
		}
	}
	return 0
}
