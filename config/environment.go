package config

import (
	"os"
	"regexp"
	"slices"
	"strings"
)

// variables are what is taken from the environment, by what the field's tag says. The first group is an escaped ${, the second
// the name; a reference without a name is a mistake.
func variables(env string) *regexp.Regexp {
	if env == "dollar" {
		return regexp.MustCompile(`\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{[^}]*\}?|\$([A-Za-z_][A-Za-z0-9_]*)`)
	}
	return regexp.MustCompile(`\$(\$\{)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$\{[^}]*\}?`)
}

// expand puts the environment into a text; it reports false where it cannot.
func (r *reader) expand(text, env string, at Position) (string, bool) {
	if env != "braces" && env != "dollar" || !strings.Contains(text, "$") {
		return text, true
	}
	var out strings.Builder
	ok, from := true, 0
	for _, m := range variables(env).FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(text[from:m[0]])
		from = m[1]
		if m[2] >= 0 {
			out.WriteString("${")
			continue
		}
		if r.enough() {
			return "", false
		}
		value, found := r.variable(text[m[0]:m[1]], named(text, m), at)
		out.WriteString(value)
		ok = ok && found
	}
	out.WriteString(text[from:])
	return out.String(), ok
}

// named returns the name in a match of variables, or nothing.
func named(text string, m []int) string {
	for i := 4; i < len(m); i += 2 {
		if m[i] >= 0 {
			return text[m[i]:m[i+1]]
		}
	}
	return ""
}

// variable returns the value of an environment variable, which is a secret from then on.
func (r *reader) variable(ref, name string, at Position) (string, bool) {
	if name == "" {
		r.wrong(r.find(at, ref), "%s names no environment variable: write ${NAME}, or $${ where ${ itself is meant", quote(ref))
		return "", false
	}
	value := os.Getenv(name)
	if value == "" {
		instead := "write the value itself"
		if strings.HasPrefix(ref, "${") {
			instead = "write $" + ref + " where the text itself is meant"
		}
		r.wrong(r.find(at, ref), "the environment variable %s is not set: set it, or %s", name, instead)
		return "", false
	}
	if !slices.Contains(r.secrets, value) {
		r.secrets = append(r.secrets, value)
	}
	return value, true
}
