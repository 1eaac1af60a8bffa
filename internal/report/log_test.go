package report

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
)

// vectors are texts by which a repository might try to speak to a CI system.
var vectors = []string{
	"\n::error::y",
	"\r\n::stop-commands::t",
	"   ::add-mask::a",
	"\t::set-output name=a::b",
	"a ##[add-matcher]m.json",
	"##[error]x",
	"##vso[task.setvariable variable=PATH]/tmp",
	"x ##VSO[task.complete result=Succeeded;]",
	"%0A::error::",
	"a\u0085::error::y",
	"a\u2028::error::y",
	"a\u2029##[error]y",
	"\x1b[2K\x1b[1A::error::y",
	"\x1b[0m::error::y",
	"\ufeff::error::y",
	"\u00a0::error::y",
	"a\x00b\x07c\x9bd",
	"a\u202eb\u2066c",
	"::::error::y",
	"####[error]y",
	"##\u200b[error]",
	"a,file=/etc/passwd::x",
	"a;type=error]x",
	"%3A%2C%AZP25%5D%3B",
	"</details><img src=https://a.example/x>",
	"@team fixes #1, see GH-1 and 0123abc",
	"`a` ``b``` | c\\| d",
	"[a](https://a.example) ![b](//c) https://a.example www.a.example",
	"\"`</details>`\" \"unclosed",
}

// obeyed finds every command a CI system would act on, stricter than any of
// them: any line separator counts, any run of blanks or colour codes may stand
// before the colons, case does not matter.
func obeyed(out string) []string {
	var found []string
	for _, line := range regexp.MustCompile("[\n\r\v\f\u0085\u2028\u2029]").Split(out, -1) {
		if m := regexp.MustCompile(`(?i)##(vso)?\[`).FindString(line); m != "" {
			found = append(found, line)
		}
		if regexp.MustCompile(`^(\x1b\[[0-9;]*[A-Za-z]|[\s\p{Z}\p{Cc}\p{Cf}])*::`).MatchString(line) {
			found = append(found, line)
		}
	}
	return found
}

// TestNoFormatObeys puts each vector wherever a repository's text can stand
// and looks at what every format would make a CI system do.
func TestNoFormatObeys(t *testing.T) {
	for _, v := range vectors {
		r := shared()
		f := &r.Findings[0]
		f.Message, f.Object.Name, f.Object.Kind, f.Location.File = v, v, v, v
		f.Path = model.Path{v}
		f.Unit.Path, f.Unit.Variants = v, []string{v}
		f.Related[0].File, f.Related[0].Key = v, v
		f.Related[1].Object.Kind, f.Related[1].Object.Name = v, v
		f.Also = []model.Occurrence{{Object: f.Object, Path: f.Path, Message: v}}
		r.Findings[3].Suppressed.Reason = v
		r.Units[0].Path = v
		r.Failures[0].Message, r.Failures[0].File = v, v
		r.Rules[0].Title, r.Rules[0].Description, r.Rules[0].Remediation = v, v, v
		n := &r.Network[0]
		n.Unit.Path, n.Groups[0].Workloads[0], n.Groups[0].Ingress.Policies[0], n.Edges[1].Ports[0] = v, "Pod "+v, v, v
		n.Namespaces[0].Name, n.Groups[0].Namespace = v, v
		for _, format := range Formats() {
			var b bytes.Buffer
			if err := Write(&b, format, r, Options{Source: shop, Color: format == "text"}); err != nil {
				t.Fatal(err)
			}
			text := b.String()
			switch format {
			case "github":
				text = judgeCommands(t, r, text, githubCommand)
			case "azure":
				text = judgeCommands(t, r, text, azureCommandOf)
			case "html":
				judgePage(t, text)
			case "markdown":
				judgeMarkdown(t, text)
			}
			if lines := obeyed(text); len(lines) > 0 {
				t.Errorf("%s obeys %q: %q", format, v, lines)
			}
		}
	}
}

// TestVectorsAreObeyed proves that the judge above can say no.
func TestVectorsAreObeyed(t *testing.T) {
	for _, v := range []string{"\n::error::y", "   ::add-mask::a", "a ##[x]", "##vso[y]", "a\u2028::error::"} {
		if len(obeyed(v)) == 0 {
			t.Errorf("%q passes the judge", v)
		}
	}
}

func TestLog(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"plain\n", "plain\n"},
		{"a ##[b]\n", "a ##\\[b]\n"},
		{"::x::", "\\::x::"},
		{"  ::x::\nnext\n", "  \\::x::\nnext\n"},
		{"a::b::c\n", "a::b::c\n"},
		{"a\r::x::\n", "a\r\\::x::\n"},
	} {
		var b bytes.Buffer
		l := NewLog(&b)
		// One byte at a time: a command must not slip through between writes.
		for i := range len(tt.in) {
			if _, err := l.Write([]byte{tt.in[i]}); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if b.String() != tt.want {
			t.Errorf("%q became %q, want %q", tt.in, b.String(), tt.want)
		}
	}
}

func FuzzLog(f *testing.F) {
	for _, v := range vectors {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		l := NewLog(&b)
		_, _ = l.Write([]byte(Text(s)))
		_ = l.Close()
		if lines := obeyed(b.String()); len(lines) > 0 {
			t.Errorf("%q is obeyed: %q", s, lines)
		}
		if strings.ContainsAny(b.String(), "\n\r\x1b") {
			t.Errorf("%q leaves control characters: %q", s, b.String())
		}
	})
}
