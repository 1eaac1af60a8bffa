package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/sekisho/sekisho/internal/model"
)

// bare is a page without its style and script, which have files of their own.
func bare(page []byte) []byte {
	page = bytes.Replace(page, []byte(pageCSS), []byte("…"), 1)
	page = bytes.Replace(page, []byte(pageJS), []byte("…"), 1)
	return regexp.MustCompile(`sha256-(?:[A-Za-z0-9/=]|&#43;)+`).ReplaceAll(page, []byte("sha256-…"))
}

// judgePage reads a page as a browser does and looks for anything that a text
// of a repository could have made: an element, an attribute or an address that
// the template does not have.
func judgePage(t *testing.T, text string) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	elements := strings.Fields("html head meta link title style body a header p svg path circle nav button span main section div h1 h2 h3 h4 " +
		"dl dt dd ul li code noscript form label input details summary select option defs marker g rect text tspan table thead tbody tr th td footer script pre")
	scripts := 0
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.CommentNode:
			t.Errorf("a comment: %q", n.Data)
		case n.Type != html.ElementNode:
			continue
		case !slices.Contains(elements, n.Data):
			t.Errorf("an element: <%s>", n.Data)
		}
		for _, a := range n.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "src" || a.Key == "srcset" {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
			if a.Key == "href" && !regexp.MustCompile(`^(#[\w?=%.-]*|https?://[^"<>]*|data:image/svg\+xml,.*)$`).MatchString(a.Val) {
				t.Errorf("an address: %q", a.Val)
			}
		}
		if n.DataAtom == atom.Script {
			scripts++
		}
	}
	if scripts != 2 {
		t.Errorf("%d scripts, want the data and the program", scripts)
	}
	pageFindingsOf(t, text)
}

// pageFindingsOf reads the JSON block of a page.
func pageFindingsOf(t testing.TB, text string) pageFindings {
	t.Helper()
	_, block, _ := strings.Cut(text, `<script type="application/json" id="data">`)
	block, _, ok := strings.Cut(block, "</script>")
	var findings pageFindings
	if err := json.Unmarshal([]byte(block), &findings); !ok || err != nil {
		t.Fatalf("the page's JSON: %v", err)
	}
	return findings
}

func pageOf(t testing.TB, r *model.Result) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, "html", r, Options{Source: shop}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestPageIsInert: texts made for HTML, script and JSON stay texts.
func TestPageIsInert(t *testing.T) {
	for _, v := range []string{
		"</script><script>alert(1)</script>", "<!--<script>", "-->", "]]>", "</style><style>*{}", "<img src=x onerror=alert(1)>",
		`" onclick="alert(1)`, "' onclick='alert(1)", "javascript:alert(1)", "&lt;b&gt;", "</title><b>", "</svg><b>", "{{.}}", "${1}", "</textarea>",
		"`</code>`", "<https://a.example/\"onx=>", "## Why\n\n<b>", "```\n</pre><b>\n```", "* <b>\n* `<b>`",
	} {
		r := shared()
		f := &r.Findings[0]
		f.Rule, f.Message, f.Object.Name, f.Location.File, f.Unit.Path, f.Fingerprint = v, v, v, v, v, v
		f.Related[0].Key, f.Related[1].Object.Name, f.Severity = v, v, model.Severity(v)
		r.Rules[0].ID, r.Rules[0].Title, r.Rules[0].Description, r.Rules[0].Remediation, r.Rules[0].Category = v, v, v, v, v
		r.Failures[0].Message = v
		n := &r.Network[0]
		n.Unit.Path, n.Unit.Kind, n.Groups[0].Workloads[0], n.Edges[1].Ports[0] = v, model.Kind(v), v, v
		n.Namespaces[0].Name, n.Groups[0].Namespace = v, v
		r.Tool.Version = v
		text := pageOf(t, r)
		judgePage(t, text)
		if got := pageFindingsOf(t, text).Findings[0].Message; got != Text(v) {
			t.Errorf("%q became %q", v, got)
		}
	}
}

// TestPageJudgeCanSayNo proves that judgePage looks.
func TestPageJudgeCanSayNo(t *testing.T) {
	if strings.Count(pageOf(t, shared()), "<b>") != 0 {
		t.Fatal("the page has <b> of its own")
	}
	text := strings.Replace(pageOf(t, shared()), "</main>", `<b onclick="x"></b></main>`, 1)
	inner := &testing.T{}
	judgePage(inner, text)
	if !inner.Failed() {
		t.Error("a foreign element passes")
	}
}

// TestPagePolicy: the policy names exactly the style and the script that the
// page has, and allows no request.
func TestPagePolicy(t *testing.T) {
	text := pageOf(t, shared())
	for part, tag := range map[string]string{"style": "<style>", "script": "<script>"} {
		_, source, _ := strings.Cut(text, tag)
		source, _, _ = strings.Cut(source, "</"+part+">")
		if want := part + "-src '" + sourceHash(source) + "'"; !strings.Contains(html.UnescapeString(text), want) {
			t.Errorf("the policy lacks %s", want)
		}
	}
	if !strings.Contains(text, `content="default-src &#39;none&#39;;`) {
		t.Error("the policy does not begin with default-src 'none'")
	}
	// Inside the page's own files nothing leads elsewhere either.
	for name, part := range map[string]string{"page.css": pageCSS, "page.js": pageJS} {
		if m := regexp.MustCompile(`url\([^#)]|@import|fetch\(|XMLHttpRequest|innerHTML|insertAdjacent|document\.write|\beval\b|sendBeacon`).FindString(part); m != "" {
			t.Errorf("%s holds %q", name, m)
		}
	}
}

// TestPageMasksSecrets: the excerpt of a secret and its neighbours' context.
func TestPageMasksSecrets(t *testing.T) {
	text := pageOf(t, shared())
	if strings.Contains(text, "Winter-2031-Harbor") {
		t.Error("the page shows a secret")
	}
	lines := map[string]map[int]string{}
	for _, f := range pageFindingsOf(t, text).Files {
		lines[f.Name] = f.Lines
	}
	values := lines["charts/api/values.yaml"]
	if values[6] != "    path: /var/lib" || values[7] != "password: Wi****************" || values[4] != "- name: …" || values[5] != "  hostPath:" {
		t.Errorf("lines of values.yaml: %v", values)
	}
	// A secret on an unknown line of the file.
	r := shared()
	r.Findings[1].Location = model.FileLocation("charts/api/values.yaml", model.RoleValue)
	if strings.Contains(pageOf(t, r), "Winter-2031-Harbor") {
		t.Error("the page shows a secret beside another finding")
	}
}

func TestOutline(t *testing.T) {
	for line, want := range map[string]string{
		"": "", "  ": "", "a:": "a:", "  a: b": "  a: …", "- a: b": "- a: …", "- - b": "- - …", "# password: x": "# …", "  text": "  …",
		"a:b": "…", "\t\"a b\": c": "\t…", "{{- if .Values.x }}": "{{- if .Values.x }}", "  {{ .x }}: y": "  …", "FROM x": "…", "a: |": "a: …", "---": "…",
	} {
		if got := outline(line); got != want {
			t.Errorf("%q became %q, want %q", line, got, want)
		}
	}
}

func TestPageVerdict(t *testing.T) {
	r := shared()
	for _, want := range []string{"Incomplete: 2 not checked", "2 errors", "No errors, 1 warning", "Clean"} {
		if _, got := pageVerdict(r); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		switch {
		case r.Failures != nil:
			r.Failures = nil
		case len(r.Findings) == 4:
			r.Findings = r.Findings[2:] // the errors are gone
		default:
			r.Findings = nil
		}
	}
}

// crowd is a result of very many findings.
func crowd(n int) *model.Result {
	r := shared()
	first := r.Findings
	r.Findings = nil
	for i := range n {
		f := first[i%len(first)]
		f.Fingerprint = fmt.Sprintf("%032x", i)
		f.Message = fmt.Sprintf("%s, number %d", f.Message, i)
		f.Unit.Path = fmt.Sprintf("charts/api-%d", i%37)
		r.Findings = append(r.Findings, f)
	}
	return r
}

// TestPageOfVeryMany: the page stays small enough to open, and quick to make.
func TestPageOfVeryMany(t *testing.T) {
	started := time.Now()
	text := pageOf(t, crowd(5000))
	if len(text) > 5<<20 {
		t.Errorf("%d bytes", len(text))
	}
	t.Logf("%d bytes in %v", len(text), time.Since(started))
}

func TestChapters(t *testing.T) {
	got := ""
	for _, c := range chapters("Looks at: `a<b`.\n\n## Why\n\nOne\ntwo <https://a.example/?a&b> & <b>.\n\n* x\n* y `z`\n\n```yaml\na: \"b\" # `c`\n\n- d\n```\n\n## Empty\n") {
		got += fmt.Sprintf("[%s]\n%s", c.Heading, c.Body)
	}
	want := `[]
<p>Looks at: <code>a&lt;b</code>.</p>
[Why]
<p>One two <a href="https://a.example/?a&amp;b" rel="noopener noreferrer">https://a.example/?a&amp;b</a> &amp; &lt;b&gt;.</p>
<ul><li>x</li><li>y <code>z</code></li></ul>
<pre>a: &#34;b&#34; # ` + "`c`" + `

- d
</pre>
[Empty]
`
	if got != want {
		t.Errorf("got %s", got)
	}
}
