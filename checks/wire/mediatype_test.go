package wire

import (
	"fmt"
	"strings"
	"testing"
)

func show(t MediaType) string {
	var b strings.Builder
	b.WriteString(t.Essence)
	for _, p := range t.Params {
		fmt.Fprintf(&b, ";%s=%q", p.Name, p.Value)
	}
	return b.String()
}

func TestParseMediaType(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ in, want string }{
		"plain":                              {"text/event-stream", "text/event-stream"},
		"a semicolon with nothing behind it": {"text/event-stream;", "text/event-stream"},
		"white space outside and before semicolon": {" text/event-stream ;charset=UTF-8", `text/event-stream;charset="UTF-8"`},
		"all four kinds of white space":            {"\r\n\t text/event-stream\r\n\t ;\r\n\t charset=utf-8\r\n\t ", `text/event-stream;charset="utf-8"`},
		"case of type and parameter name is lost":  {"TEXT/Event-Stream;CharSet=UTF-8", `text/event-stream;charset="UTF-8"`},
		"a quoted comma":                           {`text/event-stream;x="a,b"`, `text/event-stream;x="a,b"`},
		"a quoted semicolon":                       {`text/event-stream;x="a;b";y=c`, `text/event-stream;x="a;b";y="c"`},
		"an escaped quote":                         {`text/event-stream;x="a\"b"`, `text/event-stream;x="a\"b"`},
		"an empty quoted value is kept":            {`text/event-stream;x=""`, `text/event-stream;x=""`},
		"an empty bare value is dropped":           {"text/event-stream;x=;y=1", `text/event-stream;y="1"`},
		"a quote without an end":                   {`text/event-stream;x="a;b`, `text/event-stream;x="a;b"`},
		"a backslash at the very end":              {`text/event-stream;x="\`, `text/event-stream;x="\\"`},
		"junk behind a quoted value":               {`text/event-stream;x="a"junk;y=1`, `text/event-stream;x="a";y="1"`},
		"the first of two equal names wins":        {"text/event-stream;x=1;X=2", `text/event-stream;x="1"`},
		"a name without a value":                   {"text/event-stream;x;y=1", `text/event-stream;y="1"`},
		"a name that is no token":                  {"text/event-stream;x =1;y=1", `text/event-stream;y="1"`},
		"a value with a control":                   {"text/event-stream;x=\x01;y=1", `text/event-stream;y="1"`},
		"a value above ASCII":                      {"text/event-stream;x=\xff", `text/event-stream;x="\xff"`},
		"semicolons in a row":                      {"text/event-stream;;;x=1;;", `text/event-stream;x="1"`},
		"an equals sign in a value":                {"text/event-stream;x=a=b", `text/event-stream;x="a=b"`},
		"white space before a value stays":         {"text/event-stream;x= 1", `text/event-stream;x=" 1"`},
		"other types":                              {"x/x;bonus=*", `x/x;bonus="*"`},
		"a Kelvin sign is not a k":                 {"te\u212at/x", ""},
		"empty":                                    {"", ""},
		"white space only":                         {" \t", ""},
		"a slash only":                             {"/", ""},
		"no slash":                                 {"text", ""},
		"no slash but parameters":                  {"text;x=/y", ""},
		"no subtype":                               {"text/", ""},
		"no subtype but parameters":                {"text/;charset=utf-8", ""},
		"no type":                                  {"/event-stream", ""},
		"white space within":                       {"text /event-stream", ""},
		"two slashes":                              {"text/event-stream/x", ""},
		"a list is not a type":                     {"text/event-stream, text/html", ""},
		"a comma at the end":                       {"text/event-stream,", ""},
		"WPT format-mime-bogus":                    {"x bogus", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := ParseMediaType(c.in)
			if show(got) != c.want || ok != (c.want != "") {
				t.Errorf("ParseMediaType(%q) = %s, %t; want %s", c.in, show(got), ok, c.want)
			}
		})
	}
}

func TestHeaderMediaTypeIsTheLastValidOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   []string
		want string
	}{
		"no field":                       {nil, ""},
		"an empty field":                 {[]string{""}, ""},
		"one":                            {[]string{"text/event-stream"}, "text/event-stream"},
		"a list":                         {[]string{"text/event-stream, text/html"}, "text/html"},
		"two fields":                     {[]string{"text/html", "text/event-stream"}, "text/event-stream"},
		"a quoted comma does not divide": {[]string{`text/event-stream;x="a,b"`}, `text/event-stream;x="a,b"`},
		"an escaped quote does not end the quotes": {[]string{`text/html;x="\",text/plain`, "text/event-stream"}, `text/html;x="\",text/plain, text/event-stream"`},
		"an open quote swallows the next field":    {[]string{`text/html;x="`, "text/event-stream"}, `text/html;x=", text/event-stream"`},
		"an invalid last one is passed over":       {[]string{"text/event-stream", "bogus"}, "text/event-stream"},
		"*/* is passed over":                       {[]string{"text/event-stream", "*/*"}, "text/event-stream"},
		"only */*":                                 {[]string{"*/*;charset=utf-8"}, ""},
		"an empty element is passed over":          {[]string{"text/event-stream,,"}, "text/event-stream"},
		"charset is carried to the same type":      {[]string{"text/event-stream;charset=gbk", "text/event-stream"}, `text/event-stream;charset="gbk"`},
		"charset is carried over several":          {[]string{"text/plain;charset=gbk, text/plain, text/plain;x=1"}, `text/plain;x="1";charset="gbk"`},
		"charset is not carried to another type":   {[]string{"text/plain;charset=gbk", "text/event-stream"}, "text/event-stream"},
		"charset does not survive a detour":        {[]string{"text/html;charset=gbk, text/plain, text/html"}, "text/html"},
		"a charset of its own is kept":             {[]string{"text/html;charset=gbk", "text/html;charset=utf-8"}, `text/html;charset="utf-8"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var h Header
			for _, v := range c.in {
				h = append(h, Field{"content-TYPE", v})
			}
			if got := show(h.MediaType()); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
