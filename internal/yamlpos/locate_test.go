package yamlpos

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
)

// cut is the text a range covers. It fails when the range lies outside.
func cut(src string, r Range) (string, error) {
	lines := strings.Split(strings.TrimPrefix(src, "\ufeff"), "\n")
	if r.StartLine < 1 || r.EndLine > len(lines) || r.StartLine > r.EndLine {
		return "", fmt.Errorf("lines of %v are outside the text of %d lines", r, len(lines))
	}
	start, end := []rune(lines[r.StartLine-1]), []rune(lines[r.EndLine-1])
	if r.StartColumn < 1 || r.StartColumn > len(start)+1 || r.EndColumn < 1 || r.EndColumn > len(end)+1 ||
		r.StartLine == r.EndLine && r.StartColumn > r.EndColumn {
		return "", fmt.Errorf("columns of %v are outside the text", r)
	}
	if r.StartLine == r.EndLine {
		return string(start[r.StartColumn-1 : r.EndColumn-1]), nil
	}
	parts := append([]string{string(start[r.StartColumn-1:])}, lines[r.StartLine:r.EndLine-1]...)
	return strings.Join(append(parts, string(end[:r.EndColumn-1])), "\n"), nil
}

const place = `# first
apiVersion: v1   # comment
kind: 'Po"d'
é: "日本 \" x" # comment
spec:
  containers:
  - name: app # main
    image: nginx
    command: [sh, "-c", 'a: b']
    securityContext:
      runAsUser: 0
    env: &env
    - name: A
      value: one
        two
    - name: "a # b"  # c
      value: it's
    -
      name: B
  - {name: side, env: *env, "ports": [ {containerPort: 80}, ]}
  empty:
  none: {}
  anchored: &x !!str val
  - : odd
base: &base
  limits:
    cpu: 1
  deep: {k: v}
merged:
  <<: *base
  deep: mine
script: |
  line one

  line two

  # not a comment
folded: >2-
    x
# end
last: ~
`

func TestLocate(t *testing.T) {
	src := strings.Replace(place, "  - : odd\n", "", 1)
	for _, src := range []string{src, "\ufeff" + src, strings.ReplaceAll(src, "\n", "\r\n")} {
		docs, err := Parse([]byte("x: 1\n---\n" + src))
		if strings.HasPrefix(src, "\ufeff") {
			docs, err = Parse([]byte(src))
		}
		if err != nil || docs[len(docs)-1].Err != nil {
			t.Fatal(err, docs[len(docs)-1].Err)
		}
		d := docs[len(docs)-1]
		whole := "x: 1\n---\n" + src
		if strings.HasPrefix(src, "\ufeff") {
			whole = src
		}
		for _, tc := range []struct {
			path, shown, value string
			depth              int
		}{
			{"apiVersion", "v1", "v1", 1},
			{"kind", `'Po"d'`, `'Po"d'`, 1},
			{`["é"]`, `"日本 \" x"`, `"日本 \" x"`, 1},
			{"spec.containers", "containers", "", 2},
			{"spec.containers[0]", "name: app", "", 3},
			{"spec.containers[0].name", "app", "app", 4},
			{"spec.containers[0].command", "command", `[sh, "-c", 'a: b']`, 4},
			{"spec.containers[0].command[1]", `"-c"`, `"-c"`, 5},
			{"spec.containers[0].securityContext", "securityContext", "runAsUser: 0", 4},
			{"spec.containers[0].securityContext.runAsUser", "0", "0", 5},
			{"spec.containers[0].securityContext.capabilities.drop", "securityContext", "runAsUser: 0", 4},
			{"spec.containers[0].livenessProbe", "name: app", "", 3},
			{"spec.containers[7]", "containers", "", 2},
			{"spec.containers.name", "containers", "", 2},
			{"spec.containers[0].env[0].value", "one\n        two", "one\n        two", 6},
			{"spec.containers[0].env[1]", `name: "a # b"`, "", 5},
			{"spec.containers[0].env[2]", "name: B", "name: B", 5},
			{"spec.containers[1]", `{name: side, env: *env, "ports": [ {containerPort: 80}, ]}`, "", 3},
			{"spec.containers[1].ports", `"ports"`, "[ {containerPort: 80}, ]", 4},
			{"spec.containers[1].ports[0].containerPort", "80", "80", 6},
			{"spec.containers[1].env[2].name", "B", "B", 6},
			{"spec.empty", "empty", "", 2},
			{"spec.empty.more", "empty", "", 2},
			{"spec.none", "none", "{}", 2},
			{"spec.none.more", "none", "{}", 2},
			{"spec.anchored", "val", "val", 2},
			{"merged.limits.cpu", "1", "1", 3},
			{"merged.limits.memory", "limits", "cpu: 1", 2},
			{"merged.deep", "mine", "mine", 2},
			{"merged.deep.k", "deep", "mine", 2},
			{"script", "|\n  line one\n\n  line two\n\n  # not a comment", "|\n  line one\n\n  line two\n\n  # not a comment", 1},
			{"folded", ">2-\n    x", ">2-\n    x", 1},
			{"last", "~", "~", 1},
			{"absent", "apiVersion: v1", "", 0},
			{"", "apiVersion: v1", "", 0},
		} {
			p, err := model.ParsePath(tc.path)
			if err != nil {
				t.Fatal(err)
			}
			got := d.Locate(p)
			if got.Depth != tc.depth {
				t.Errorf("%s: depth %d, want %d", tc.path, got.Depth, tc.depth)
			}
			for what, pair := range map[string]struct {
				r    Range
				want string
			}{"range": {got.Range, tc.shown}, "value": {got.Value, tc.value}} {
				if what == "value" && tc.value == "" {
					continue
				}
				text, err := cut(whole, pair.r)
				if text = strings.ReplaceAll(text, "\r", ""); err != nil || text != pair.want {
					t.Errorf("%s: %s is %q (%v), want %q; error %v", tc.path, what, text, pair.r, pair.want, err)
				}
			}
		}
		if via := d.Locate([]any{"merged", "limits", "cpu"}).Via; len(via) != 1 {
			t.Errorf("merged.limits.cpu came via %v, want the alias behind <<", via)
		} else if text, err := cut(whole, via[0]); text != "*base" {
			t.Errorf("merged.limits.cpu came via %q, %v", text, err)
		}
	}
}

func TestLocateExactLines(t *testing.T) {
	docs, err := Parse([]byte("a: 1\n---\nb:\n  é: {ü: x}\n---\n[\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := docs[1].Locate([]any{"b", "é", "ü"}).Range, (Range{4, 10, 4, 11}); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	if got, want := docs[2].Locate([]any{"b"}).Range, (Range{5, 1, 5, 4}); got != want {
		t.Errorf("in a broken document: got %v, want its first line %v", got, want)
	}
}

func TestPathAt(t *testing.T) {
	src := "a:\n  b: 1\n\n  # c\n  c: |\n    x\nl:\n- k: 1\n  m: {x: 1, y: 2}\n-\n  - deep\n"
	docs, err := Parse([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"a", "a.b", "-", "-", "a.c", "-", "l", "l[0].k", "l[0].m.x", "-", "l[1][0]", "-"} {
		p, ok := docs[0].PathAt(i + 1)
		if got := model.Path(p).String(); ok && got != want || !ok && want != "-" {
			t.Errorf("line %d: %s, %v; want %s", i+1, got, ok, want)
		}
	}
}

// FuzzLocate holds that every path of a document, and every absent one below
// it, has its place inside the text.
func FuzzLocate(f *testing.F) {
	f.Add(place)
	for _, d := range documents {
		f.Add(d)
	}
	f.Add("- &a\n  b: &c\n- ! x\n- !!str\n- &e\n")
	f.Add("a: |1\n\n  x\n \n- y")
	f.Add("a: {? b, c: [,]}\n")
	f.Add("\ufeffa: |- # x\r\n  - b: |\r\n      c\r\n\r\n- |+\n  d\r  e\u0085\n")
	f.Fuzz(func(t *testing.T, src string) {
		if len(src) > 1<<12 {
			return
		}
		docs, err := Limits{Bytes: 1 << 20, Documents: 10, Depth: 50, Nodes: 1000}.Parse([]byte(src))
		if err != nil {
			return
		}
		for _, d := range docs {
			for line := range strings.Count(src, "\n") + 2 {
				text, ok := d.Literal(line)
				if !ok {
					continue
				}
				for i := range text {
					if text[i] != src[i] && text[i] != ' ' || len(text) != len(src) {
						t.Fatalf("%q: line %d: %q is another text", src, line, text)
					}
				}
				if string(text) == src {
					t.Fatalf("%q: line %d: nothing is left out", src, line)
				}
			}
			var visit func(path []any, v any)
			check := func(path []any, depth int) {
				p := d.Locate(path)
				if d.Err == nil && p.Depth != depth {
					t.Fatalf("%q: %v: depth %d, want %d", src, path, p.Depth, depth)
				}
				for _, r := range append([]Range{p.Range, p.Value}, p.Via...) {
					if _, err := cut(src, r); err != nil {
						t.Fatalf("%q: %v: %v", src, path, err)
					}
				}
			}
			visit = func(path []any, v any) {
				path = path[:len(path):len(path)]
				check(path, len(path))
				check(append(path, "no such key", 1), len(path))
				check(append(path, 1_000_000), len(path))
				switch v := v.(type) {
				case map[string]any:
					for k := range v {
						visit(append(path, k), v[k])
					}
				case []any:
					for i := range v {
						visit(append(path, i), v[i])
					}
				}
			}
			visit(nil, d.Value)
			for line := d.StartLine; line <= d.EndLine; line++ {
				if p, ok := d.PathAt(line); ok {
					if _, found := model.Path(p).Lookup(d.Value); !found {
						t.Fatalf("%q: line %d: no such path %v", src, line, p)
					}
				}
			}
		}
	})
}

// TestLiteral reads YAML inside of YAML where it stands.
func TestLiteral(t *testing.T) {
	const src = "\ufeffé: 1\r\npatches:\r\n- patch: |- # ü\r\n    - op: add\r\n      value: {é: |\r\n\r\n  target: {kind: Pod}\r\n- patch: >-\r\n    a: b\r\n- patch: &p |\r\n    a: b\r\n- patch: |\r\n\r\n    # why\r\n    a:\r\n      b: true\r\n\r\n---\r\na: 1\r\n"
	docs, err := Parse([]byte(src))
	if err != nil || len(docs) != 2 {
		t.Fatal(docs, err)
	}
	lines := map[int]string{}
	for first, text := range map[int]string{4: "- op: add\r\n      value: {é: |", 13: "# why\r\n    a:\r\n      b: true"} {
		lines[first], lines[first+1] = text, text
	}
	lines[15], lines[16] = lines[13], lines[13]
	for line := 1; line <= 20; line++ {
		text, ok := docs[0].Literal(line)
		if got := strings.Trim(string(text), "\ufeff \r\n"); got != lines[line] || ok != (lines[line] != "") {
			t.Errorf("line %d: %q, %v, want %q", line, got, ok, lines[line])
		}
		if ok && (len(text) != len(src) || strings.Index(string(text), lines[line]) != strings.Index(src, lines[line])) {
			t.Errorf("line %d: the text has moved: %q", line, text)
		}
	}
	text, _ := docs[0].Literal(15)
	inner, err := Parse(text)
	if err != nil || len(inner) != 1 {
		t.Fatal(inner, err)
	}
	s, err := inner[0].Edit(Edit{Op: "add", Path: []any{"a", "c"}, Value: int64(1)})
	if got, want := string(s.Apply([]byte(src))), strings.Replace(src, "b: true\r\n", "b: true\r\n      c: 1\r\n", 1); got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}
