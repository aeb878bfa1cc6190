package remedy

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// causes calls do for every cause of the table that comes with the command. The name of a general one is empty.
func causes(do func(product string, c Cause)) {
	t := Builtin()
	for _, p := range t.Products {
		for _, c := range p.Causes {
			do(p.Name, c)
		}
	}
	for _, c := range t.General {
		do("", c)
	}
}

func TestTheTableThatComesWithTheCommandCanBeRead(t *testing.T) {
	t.Parallel()
	if _, err := Read("remedies.yml", strings.NewReader(remedies)); err != nil {
		t.Fatal(err)
	}
}

func TestEveryCauseSaysWhatItIsAndHowThatIsKnown(t *testing.T) {
	t.Parallel()
	causes(func(product string, c Cause) {
		for key, value := range map[string]string{"says": c.Says, "evidence": string(c.Evidence), "source": c.Source, "date": c.Date} {
			if value == "" {
				t.Errorf("%s: %s has no %s", product, c.Class, key)
			}
		}
		for key, value := range map[string]string{"says": c.Says, "none": c.None} {
			if value != "" && (!strings.HasSuffix(value, ".") || strings.Contains(value, "\n")) {
				t.Errorf("%s: %s: %s is no sentence on one line: %q", product, c.Class, key, value)
			}
		}
		if strings.HasSuffix(c.When, ".") {
			t.Errorf("%s: %s: when stands inside a sentence: %q", product, c.Class, c.When)
		}
	})
}

// A user pastes a fix as it stands: what is longer than six lines is a manual.
func TestEveryFixIsOneToSixLines(t *testing.T) {
	t.Parallel()
	causes(func(product string, c Cause) {
		lines := strings.Split(c.Fix, "\n")
		if len(lines) > 6 {
			t.Errorf("%s: the fix of %s has %d lines", product, c.Class, len(lines))
		}
		for _, l := range lines {
			if c.Fix != "" && strings.TrimSpace(l) == "" || strings.TrimRight(l, " \t") != l || strings.Contains(l, "\t") {
				t.Errorf("%s: the fix of %s has the line %q", product, c.Class, l)
			}
		}
	})
}

func TestEveryHiddenProductIsInTheTable(t *testing.T) {
	t.Parallel()
	var names, hidden []string
	for _, p := range Builtin().Products {
		names, hidden = append(names, p.Name), append(hidden, p.Hides...)
	}
	for _, h := range hidden {
		if !slices.Contains(names, h) {
			t.Errorf("%q is hidden, and no product", h)
		}
	}
}

// Nothing but the user's word leads to these: no field shows them, and they have no number.
func TestProductsThatHaveToBeToldAreKnown(t *testing.T) {
	t.Parallel()
	var got []string
	for _, p := range Builtin().Products {
		numbered := slices.ContainsFunc(p.Causes, func(c Cause) bool { _, tells := c.number(Symptom{}); return tells })
		if len(p.Signs) == 0 && !numbered {
			got = append(got, p.Name)
		}
	}
	if want := []string{"nchan", "mitmproxy", "aptible", "kaspersky", "zap"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// declared returns the values of the constants of type Class in symptom.go.
func declared(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "symptom.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	ast.Inspect(f, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := v.Type.(*ast.Ident); ok && id.Name == "Class" {
			s, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, s)
		}
		return true
	})
	return out
}

func TestEveryClassCanStandInAFileAndHasARemedy(t *testing.T) {
	t.Parallel()
	if want := declared(t); !slices.Equal(classes, want) {
		t.Errorf("classes: got %v, want %v", classes, want)
	}
	var with []string
	causes(func(_ string, c Cause) { with = append(with, string(c.Class)) })
	for _, c := range classes {
		if !slices.Contains(with, c) {
			t.Errorf("%s has no cause", c)
		}
	}
}
