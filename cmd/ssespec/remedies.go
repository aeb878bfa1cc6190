package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/ssespec/ssespec/checks/remedy"
)

func remediesCommand() *cli.Command {
	return &cli.Command{
		Name:        "remedies",
		Usage:       "the products that are known to spoil streams, or what one does and the lines that mend it",
		ArgsUsage:   "[PRODUCT]",
		Description: "With --remedies FILE, entries of your own come first, and replace those of the same name. The form of such a file:\n\n" + remedy.Example,
		Flags:       []cli.Flag{remediesFlag()},
		Action: func(c *cli.Context) error {
			t, err := remediesOf(c)
			switch {
			case err != nil:
				return err
			case c.NArg() == 0:
				return listProducts(c, t)
			}
			return showProduct(c, t, c.Args().First())
		},
	}
}

func remediesFlag() cli.Flag {
	return text("remedies", "`FILE` with remedies of your own, which come before those that ssespec knows")
}

// remediesOf returns what is known of products, the user's own knowledge first.
func remediesOf(c *cli.Context) (remedy.Table, error) {
	name := c.String("remedies")
	if name == "" {
		return remedy.Builtin(), nil
	}
	f, err := os.Open(name)
	if err != nil {
		return remedy.Table{}, usage("", "--remedies: %v", err)
	}
	defer f.Close()
	t, err := remedy.Read(name, f)
	if err != nil {
		return t, usage("ssespec remedies --help shows the form of such a file.", "%v", err)
	}
	return remedy.Builtin().With(t), nil
}

// productsOf returns the products that the user names.
func productsOf(c *cli.Context, t remedy.Table) ([]string, error) {
	names := c.StringSlice("product")
	for _, n := range names {
		if !holds(t, n) {
			return nil, usage("See ssespec remedies for their names.", "--product: no product %q is known", n)
		}
	}
	return names, nil
}

// holds reports whether a product of that name is in the table.
func holds(t remedy.Table, name string) bool {
	return slices.ContainsFunc(t.Products, func(p remedy.Product) bool { return p.Name == name })
}

func listProducts(c *cli.Context, t remedy.Table) error {
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	for _, p := range t.Products {
		var classes []string
		for _, cause := range p.Causes {
			if s := string(cause.Class); len(classes) == 0 || classes[len(classes)-1] != s {
				classes = append(classes, s)
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", p.Name, p.Title, strings.Join(classes, ", "))
	}
	return w.Flush()
}

func showProduct(c *cli.Context, t remedy.Table, name string) error {
	for _, p := range t.Products {
		if !strings.EqualFold(p.Name, name) {
			continue
		}
		fmt.Fprintln(c.App.Writer, p.Title)
		for _, cause := range p.Causes {
			showCause(c, cause)
		}
		return nil
	}
	return usage("See ssespec remedies for their names.", "no product %q is known", name)
}

func showCause(c *cli.Context, cause remedy.Cause) {
	w := c.App.Writer
	fmt.Fprintf(w, "\n%s: %s\n", cause.Class, cause.Says)
	if cause.When != "" {
		fmt.Fprintf(w, "  where %s\n", cause.When)
	}
	for l := range strings.SplitSeq(strings.TrimRight(cause.Fix, "\n"), "\n") {
		if l != "" {
			fmt.Fprintf(w, "    %s\n", l)
		}
	}
	if cause.None != "" {
		fmt.Fprintf(w, "  %s\n", cause.None)
	}
	if cause.Wrong != "" {
		fmt.Fprintf(w, "  does not help: %s\n", cause.Wrong)
	}
	fmt.Fprintf(w, "  %s %s %s\n", cause.Evidence, cause.Date, cause.Source)
}
