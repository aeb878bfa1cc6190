package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ssespec/ssespec/"

// mayImport says what each package may import of this module; tests are free. The key of the families
// stands for each of them.
var mayImport = map[string][]string{
	"checks/wire":      {},
	"checks/stream":    {},
	"fixtures":         {},
	"checks/remedy":    {"checks/wire"},
	"checks/hold":      {"checks/remedy", "checks/stream", "checks/wire"},
	"checks":           {"checks/remedy", "checks/stream", "checks/wire"},
	"checks/browser":   {"checks/stream", "checks/wire"},
	"checks/profile":   {"checks/stream", "checks/wire"},
	"checks/recovery":  {"checks", "checks/profile", "checks/stream", "checks/wire"},
	"checks/*":         {"checks", "checks/browser", "checks/hold", "checks/passage", "checks/remedy", "checks/profile", "checks/recovery", "checks/stream", "checks/wire"},
	"checks/suite":     {"checks", "checks/*"},
	"checks/checktest": {"checks", "checks/wire"},
	"checks/excuse":    {"checks"},
	"checks/passage":   {"checks/hold", "checks/remedy", "checks/wire"},
	"chaos/origin":     {"checks/wire"},
	"chaos":            {"chaos/origin", "checks/browser", "checks/hold", "checks/profile", "checks/stream", "checks/wire"},
	"checks/standing":  {"checks", "checks/browser", "checks/stream", "checks/wire"},
	"config":           {},
	"config/schema":    {"config"},
	"ssetest":          {"chaos", "checks", "checks/browser", "checks/standing", "checks/suite", "checks/wire", "reports"},
	"reports":          {"checks", "checks/browser", "checks/hold", "checks/passage", "checks/remedy", "checks/recovery", "checks/stream", "checks/wire"},
	"cmd/ssespec":      {"checks", "checks/*", "checks/browser", "checks/excuse", "checks/hold", "checks/remedy", "checks/profile", "checks/recovery", "checks/suite", "checks/stream", "checks/wire", "checks/passage", "checks/standing", "chaos", "chaos/origin", "config", "reports", "fixtures"},
}

// onlyIn says which files may import a package from outside.
var onlyIn = map[string][]string{
	"github.com/fatih/color":                 {"reports/text.go"},
	"github.com/urfave/cli/v2":               {"cmd/ssespec/*.go"},
	"golang.org/x/net/http2":                 {"chaos/*.go", "chaos/origin/*.go", "fixtures/*.go"},
	"github.com/goccy/go-yaml":               {"checks/remedy/*.go", "config/*.go"},
	"github.com/Shopify/toxiproxy/v2/stream": {"chaos/link.go", "chaos/valve.go"},
	"github.com/Shopify/toxiproxy/v2/toxics": {"chaos/link.go", "chaos/valve.go"},
}

// notUnderChecks would make a judgment depend on something else than the evidence.
var notUnderChecks = []string{"net", "net/http", "os", "math/rand", "math/rand/v2", "sync", "context"}

// forbiddenNames are packages in which everything ends up.
var forbiddenNames = []string{"util", "utils", "common", "helper", "helpers", "base", "types", "lib", "internal"}

type source struct {
	file string // slash path from the module's root
	dir  string
	ast  *ast.File
}

func sources(t *testing.T) []source {
	t.Helper()
	var out []source
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(p, ".go") {
			return err
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		file := filepath.ToSlash(rel)
		out = append(out, source{file, path.Dir(file), f})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func imports(f *ast.File) []string {
	var out []string
	for _, i := range f.Imports {
		out = append(out, strings.Trim(i.Path.Value, `"`))
	}
	return out
}

// kind returns the key of mayImport for a package: the families share one.
func kind(dir string) string {
	if _, ok := mayImport[dir]; ok {
		return dir
	}
	if path.Dir(dir) == "checks" {
		return "checks/*"
	}
	return dir
}

func TestPackagesImportDownwardsOnly(t *testing.T) {
	for _, s := range sources(t) {
		allowed, known := mayImport[kind(s.dir)]
		if !known {
			t.Errorf("%s: package %s has no place in the house: add it to mayImport", s.file, s.dir)
			continue
		}
		if slices.Contains(forbiddenNames, path.Base(s.dir)) {
			t.Errorf("%s: %s is a name for everything", s.file, path.Base(s.dir))
		}
		if strings.HasSuffix(s.file, "_test.go") {
			continue
		}
		for _, i := range imports(s.ast) {
			if ours, ok := strings.CutPrefix(i, module); ok && !slices.Contains(allowed, kind(ours)) {
				t.Errorf("%s imports %s, which it may not", s.file, ours)
			}
			if files, ok := onlyIn[i]; ok && !slices.ContainsFunc(files, func(f string) bool { m, _ := path.Match(f, s.file); return m }) {
				t.Errorf("%s imports %s, which only %v may", s.file, i, files)
			}
		}
	}
}

func TestJudgmentsLookAtEvidenceOnly(t *testing.T) {
	for _, s := range sources(t) {
		if !strings.HasPrefix(s.dir, "checks") || s.dir == "checks/checktest" || strings.HasSuffix(s.file, "_test.go") {
			continue
		}
		for _, i := range imports(s.ast) {
			if slices.Contains(notUnderChecks, i) {
				t.Errorf("%s imports %s", s.file, i)
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if c, ok := n.(*ast.SelectorExpr); ok {
				if x, ok := c.X.(*ast.Ident); ok && x.Name == "time" && (c.Sel.Name == "Now" || c.Sel.Name == "Since" || c.Sel.Name == "Sleep") {
					t.Errorf("%s looks at the clock: time.%s", s.file, c.Sel.Name)
				}
			}
			return true
		})
	}
}

func TestNothingHappensInInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init function", s.file)
			}
		}
	}
}

// TestEveryCheckIsInItsFamilysSuite is what makes explicit lists safe: a literal that nobody lists is found.
func TestEveryCheckIsInItsFamilysSuite(t *testing.T) {
	declared, used := map[string]string{}, map[string]int{}
	for _, s := range sources(t) {
		if kind(s.dir) != "checks/*" || strings.HasSuffix(s.file, "_test.go") {
			continue
		}
		for _, d := range s.ast.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, n := range v.Names {
					if i < len(v.Values) && isCheckLiteral(v.Values[i]) {
						declared[s.dir+"."+n.Name] = s.file
					}
				}
			}
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				used[s.dir+"."+id.Name]++
			}
			return true
		})
	}
	for name, file := range declared {
		if used[name] < 2 {
			t.Errorf("%s: the check %s is in no suite", file, name)
		}
	}
}

func isCheckLiteral(e ast.Expr) bool {
	u, ok := e.(*ast.UnaryExpr)
	if !ok {
		return false
	}
	c, ok := u.X.(*ast.CompositeLit)
	if !ok {
		return false
	}
	sel, ok := c.Type.(*ast.SelectorExpr)
	return ok && sel.Sel.Name == "Check"
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	dirs := map[string]bool{}
	for _, s := range sources(t) {
		if strings.HasSuffix(s.file, "_test.go") {
			continue
		}
		dirs[s.dir] = true
		documented[s.dir] = documented[s.dir] || s.ast.Doc != nil
	}
	for d := range dirs {
		if !documented[d] {
			t.Errorf("package %s has no comment", d)
		}
	}
}
