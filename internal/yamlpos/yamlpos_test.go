package yamlpos

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	yamlv2 "go.yaml.in/yaml/v2"
	sigsyaml "sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/corpus"
)

// kubernetes is the oracle: what the API server's libraries read from one
// document.
func kubernetes(doc []byte) (any, error) {
	j, err := sigsyaml.YAMLToJSON(doc)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(j))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	var numbers func(v any) any
	numbers = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for k := range v {
				v[k] = numbers(v[k])
			}
		case []any:
			for i := range v {
				v[i] = numbers(v[i])
			}
		case json.Number:
			if i, err := v.Int64(); err == nil {
				return i
			}
			f, _ := v.Float64() // JSON numbers are within range: they were floats
			return f
		}
		return v
	}
	return numbers(v), nil
}

// alone tells whether nothing but one document is in the text.
func alone(doc []byte) bool {
	var v any
	stream := yamlv2.NewDecoder(bytes.NewReader(doc))
	return stream.Decode(&v) == nil && stream.Decode(&v) == io.EOF
}

// scalars are read in every style and tag by the tests below.
var scalars = strings.Split(`a yes Yes YES yEs no No NO on On ON off Off OFF y Y n N true True TRUE tRUE false
null Null NULL nULL ~ 0 -0 +1 1 12 007 0400 -0400 0o17 -0o17 08 0x1F -0x1f 0b11 -0b11 0b-1 -0b+1 0b12 1_000 0_8 _1
1.0 1. .5 -.5 +.5 1e3 1E+3 1e-7 1e21 1e400 123456789012345678 1234567890123456789.0 9223372036854775807
9223372036854775808 18446744073709551615 18446744073709551616 -9223372036854775808 -9223372036854775809
0x8000000000000000 -0x8000000000000000 0.1 100.0 1e20 12345678.9 -0.0 0x1p4 1__0 1_.5
.inf -.inf +.inf .Inf .nan .NaN .NAN .inF . .. .1.2 2001-01-01 2001-1-1T1:1:1Z 2001-13-01 12:30:45 1:20
<< = a#b é 日本 0b 0x 0o + - 1e 1e+ 0.0 1Gi 500m 1,5 =1 ...a ---a`, " ")

// Anchors multiply in each document anew.
func TestValuesOfAllDocuments(t *testing.T) {
	limits := DefaultLimits
	limits.Nodes = 50
	docs, err := limits.Parse([]byte(strings.Repeat("a: &a [1, 2, 3]\nb: [*a, *a, *a]\n---\n", 4)))
	var at *Error
	if len(docs) != 2 || !errors.As(err, &at) || at.Line != 6 {
		t.Errorf("got %d documents, %v", len(docs), err)
	}
}

func TestScalarsMatchKubernetes(t *testing.T) {
	for _, s := range strings.Fields(strings.Join(scalars, " ")) {
		for _, form := range []string{
			"%s", "a: %s", "a: '%s'", "a: \"%s\"", "- %s", "%s: 1", "a: {b: %s, c: [%s]}", "a: |\n  %s\n", "a: &x %s\nb: *x",
			"a: !!str %s", "a: !!int %s", "a: !!float %s", "a: !!bool %s", "a: !!null %s", "a: !!binary %s", "a: !!timestamp %s",
			"a: !!int '%s'", "a: ! %s", "a: &x ! %s", "a: !foo %s", "!!int %s: 1", "a: ! '%s'",
		} {
			compare(t, strings.ReplaceAll(form, "%s", s))
		}
	}
}

// TestMatchesKubernetes holds structures to the oracle; the cases it adds are
// seeds of the fuzz test too.
func TestMatchesKubernetes(t *testing.T) {
	for _, doc := range documents {
		compare(t, doc)
	}
}

var documents = []string{
	"",
	"a: 1\na: 2\n",
	"x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n",
	"x: &x {a: 1, b: 2}\ny:\n  b: 3\n  <<: *x\n",
	"x: &x {a: 1}\nz: &z {a: 2, c: 3}\ny:\n  <<: [*x, *z]\n",
	"y:\n  <<: {a: 1}\n  a: 2\n  <<: {a: 3}\n",
	"x: &x [1]\ny: {<<: *x}\n",
	"x: &x\n  y: *x\n",
	"? [a]\n: b\n",
	"? {a: b}\n: b\n",
	"a: &k key\n*k : v\n",
	"1: a\n1.5: b\ntrue: c\nyes: d\n",
	"null: a\n",
	"~: a\n",
	"18446744073709551615: a\n",
	"a: !!binary aGVsbG8=\nb: !!binary /w==\n",
	"a: >-\n  folded\n  text\n\n  more\nb: |+\n  keep\n\n",
	"a: plain\n  over lines\n  # comment\nb: 1\n",
	"a:\n- b\n-\n- - c\n  - d\n",
	"{\"a\": \"\\u00e9\\/\", \"b\": [1, 2.50, null, true]}",
	"{\n\t\"a\":\t1\n}",
	"a: {b, c: , d}\n",
	"--- # comment\na: 1\n",
	"--- |\n  text\n",
	"%YAML 1.1\n---\na: 1\n",
	"a: \"multi\n  line \\\n  quoted\"\n",
	"a: 'it''s'\n",
	"a:\n\tb: 1\n",
	"a: b: c\n",
	"- a\nb: c\n",
	"a: [1, 2\n",
	"a: *nope\n",
	"a: @x\n",
	"\ufeffa: 1\n",
	"a: 1\r\nb:\r\n  - c\r\n",
	"a: b\rc: d\r",
	"a: \"\u0085x\"\nb: 'x\u2028y'\n",
	"!!map {a: 1}\n",
	"!!str {a: 1}\n",
	"a: !<tag:yaml.org,2002:int> 12\n",
	"a: !\nb: &x\nc: *x\n",
	"'<<': {a: 1}\n",
	"! << : {a: 1}\n",
	"!!merge foo: {a: 1}\n",
	"!!merge <<: {a: 1}\n",
	"a: <<\n",
	"# only a comment\n",
	"# a comment\ra: 1\r",
	"# a comment\u0085a: 1\u0085",
	"a: !!null\nb: !!str\nc: !!int\n",
	"? a\n? b\n",
	"[a: b, c]\n",
}

// compare reads one document with both and reports where they part.
func compare(t *testing.T, doc string) {
	t.Helper()
	docs, err := Parse([]byte(doc))
	if err != nil {
		t.Errorf("%q: %v", doc, err)
		return
	}
	// What lies outside of documents, FuzzSplit looks at.
	if txt := newText([]byte(doc)); len(txt.split()) == 1 {
		c := txt.split()[0]
		doc = string(txt.src[c.start:c.end])
	}
	want, wantErr := kubernetes([]byte(doc))
	if len(docs) == 0 {
		if want != nil {
			t.Errorf("%q: read nothing, want %#v", doc, want)
		}
		return
	}
	got, gotErr := docs[0].Value, docs[0].Err
	if len(docs) > 1 || wantErr == nil && !alone([]byte(doc)) {
		return // the oracle is silent about what follows the first document
	}
	if len(docs[0].Duplicates) > 0 && gotErr == nil && wantErr == nil {
		return // 1 and "1" are two keys to the oracle, and any of them may win
	}
	if _, err := sigsyaml.YAMLToJSONStrict([]byte(doc)); err != nil && gotErr != nil {
		return // a bad value that a second writing of its key hides from the oracle
	}
	switch {
	case (gotErr != nil) != (wantErr != nil):
		t.Errorf("%q:\n got %#v, error %v\nwant %#v, error %v", doc, got, gotErr, want, wantErr)
	case gotErr == nil && !reflect.DeepEqual(got, want):
		t.Errorf("%q:\n got %#v\nwant %#v", doc, got, want)
	}
}

func FuzzMatchesKubernetes(f *testing.F) {
	for _, d := range documents {
		f.Add(d)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		utf16 := strings.HasPrefix(doc, "\xfe\xff") || strings.HasPrefix(doc, "\xff\xfe") // which the oracle reads
		if len(doc) > 1<<12 || utf16 {
			return
		}
		compare(t, doc)
	})
}

func TestParseSplits(t *testing.T) {
	type doc struct {
		Value      any
		Err        string
		Start, End int
	}
	for _, tc := range []struct {
		name, src string
		want      []doc
	}{
		{"empty", "", nil},
		{"comments only", "# a\n---\n# b\n---\n...\n", nil},
		{"two", "a: 1\n---\nb: 2\n", []doc{{map[string]any{"a": int64(1)}, "", 1, 1}, {map[string]any{"b": int64(2)}, "", 2, 3}}},
		{"marker with comment and content", "--- # one\na: 1\n--- {b: 2}\n", []doc{{map[string]any{"a": int64(1)}, "", 1, 2}, {map[string]any{"b": int64(2)}, "", 3, 3}}},
		{"empty documents", "---\n---\na: 1\n---\n", []doc{{map[string]any{"a": int64(1)}, "", 2, 3}}},
		{"end marker", "a: 1\n...\nb: 2\n", []doc{{map[string]any{"a": int64(1)}, "", 1, 1}, {map[string]any{"b": int64(2)}, "", 3, 3}}},
		{"directive", "%YAML 1.1\n---\na: yes\n", []doc{{map[string]any{"a": true}, "", 1, 3}}},
		{"block scalar", "a: |\n  ---\n  x\n---\nb: 1\n", []doc{{map[string]any{"a": "---\nx\n"}, "", 1, 3}, {map[string]any{"b": int64(1)}, "", 4, 5}}},
		{"no blank after the dashes", "a: |\n  x\n---b\n", []doc{{nil, "line 3: could not find expected ':'", 1, 3}}},
		{"mark and carriage returns", "\ufeffa: 1\r\n---\r\nb: 2\r\n", []doc{{map[string]any{"a": int64(1)}, "", 1, 1}, {map[string]any{"b": int64(2)}, "", 2, 3}}},
		{"a bad document", "a: 1\n---\nb: [\n---\nc: 3\n", []doc{
			{map[string]any{"a": int64(1)}, "", 1, 1},
			{nil, "line 3: did not find expected node content", 2, 3},
			{map[string]any{"c": int64(3)}, "", 4, 5},
		}},
		{"bad indentation", "a:\n  b: 1\n c: 2\n", []doc{{nil, "line 3: did not find expected key", 1, 3}}},
		{"mapping in a value", "# x\n\na: b: c\n", []doc{{nil, "line 3: mapping values are not allowed in this context", 1, 3}}},
		{"tab", "a:\n\tb: 1\n", []doc{{nil, "line 2: found character that cannot start any token", 1, 2}}},
		{"unknown anchor", "x: 1\n---\na: 1\n# see *no\nb: *no\n", []doc{{map[string]any{"x": int64(1)}, "", 1, 1}, {nil, "line 5: unknown anchor \"no\"", 2, 5}}},
		{"anchors end with the document", "a: &x 1\n---\nb: *x\n", []doc{{map[string]any{"a": int64(1)}, "", 1, 1}, {nil, "line 3: unknown anchor \"x\"", 2, 3}}},
		{"NUL", "a: 1\nb: \x00\n---\nc: 1\n", []doc{{nil, "line 2: a NUL byte: this is not a text file", 1, 2}, {map[string]any{"c": int64(1)}, "", 3, 4}}},
		{"invalid UTF-8", "a: 1\nb: \xff\n", []doc{{nil, "line 2: byte 0xFF is not valid UTF-8", 1, 2}}},
		{"JSON objects in a row", "{\"a\": 1}\n{\"b\": 2}\n", []doc{{map[string]any{"a": int64(1)}, "", 1, 1}, {map[string]any{"b": int64(2)}, "", 2, 2}}},
		{"text after the end", "{\"a\": 1}\n\n  {\"b\": 2}\n", []doc{{nil, "line 3: text after the end of the document", 1, 3}}},
		{"UTF-16", "\xff\xfea\x00:\x00", []doc{{nil, "line 1: the text is UTF-16; save it as UTF-8", 1, 1}}},
		{"control character", "a: 1\nb: \x01\n", []doc{{nil, "line 2: control character U+0001 is not allowed", 1, 2}}},
		{"loop", "a: &a\n  b: *a\n", []doc{{nil, "line 2: anchor \"a\" contains itself", 1, 2}}},
		{"key of two values", "? [1]\n: 2\n", []doc{{nil, "line 1: a mapping key must be a scalar", 1, 2}}},
		{"no JSON form", "a:\n  b: .inf\n", []doc{{nil, "line 2: \".inf\" has no JSON form", 1, 2}}},
		{"bad tag", "a:\n  b: !!int x\n", []doc{{nil, "line 2: cannot read \"x\" as !!int", 1, 2}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			docs, err := Parse([]byte(tc.src))
			if err != nil {
				t.Fatal(err)
			}
			var got []doc
			for _, d := range docs {
				g := doc{Value: d.Value, Start: d.StartLine, End: d.EndLine}
				if d.Err != nil {
					g.Err = d.Err.Error()
				}
				got = append(got, g)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestDuplicates(t *testing.T) {
	src := "a: 1\nb:\n- x: 1\n  y: 2\n  x: 3\na: 2\nm: &m {k: 1, k: 2}\nn: *m\no:\n  <<: *m\n  k: 4\n"
	docs, err := Parse([]byte(src))
	if err != nil || docs[0].Err != nil {
		t.Fatal(err, docs[0].Err)
	}
	want := []Duplicate{
		{Path: []any{"b", 0, "x"}, Line: 5},
		{Path: []any{"a"}, Line: 6},
		{Path: []any{"m", "k"}, Line: 7},
	}
	if diff := cmp.Diff(want, docs[0].Duplicates); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestLimits(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 10), ","))
	}
	merges := "a: &a {x: 1}\n"
	for c := 'b'; c <= 'z'; c++ {
		merges += fmt.Sprintf("%c: &%c {<<: [*%c,*%c]}\n", c, c, c-1, c-1)
	}
	for _, tc := range []struct{ name, src, want string }{
		{"size", strings.Repeat("#", 200<<10), "line 1: file is 204800 bytes, more than the limit of 102400"},
		{"documents", "a: 1\n---\nb: 2\n---\nc: 3\n---\nd: 4\n", "line 6: more than 3 documents in one file"},
		{"flow depth", "a: " + strings.Repeat("[", 60) + strings.Repeat("]", 60), "line 1: nested deeper than 50 levels"},
		{"library depth", strings.Repeat("[", 20_000), "exceeded max depth"},
		{"anchors", bomb, "document holds more than 10000 values, uses of anchors counted"},
		{"merge keys", merges, "document holds more than 10000 values, uses of anchors counted"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			docs, err := Limits{Bytes: 100 << 10, Documents: 3, Depth: 50, Nodes: 10_000}.Parse([]byte(tc.src))
			for _, d := range docs {
				if err == nil {
					err = d.Err
				}
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got error %v, want %q", err, tc.want)
			}
		})
	}
}

// TestHostileTextIsCheap reads texts whose cost must not grow with the square
// of their length. Each is done in well under a second; a square would take
// minutes.
func TestHostileTextIsCheap(t *testing.T) {
	const size = 1 << 19
	var keys strings.Builder
	for i := 0; keys.Len() < size; i++ {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
	}
	for name, src := range map[string]string{
		"a duplicate key on one line": "{" + strings.Repeat("a, b: c, ", size/9) + "}",
		"items on one line":           "[" + strings.Repeat("é,", size/3) + "]",
		"many keys":                   keys.String() + "k1: 2\n",
		"JSON objects in a row":       strings.Repeat("{}\n", size/3),
		"comments":                    strings.Repeat("- a # x\n", size/8),
	} {
		start := time.Now()
		docs, err := Parse([]byte(src))
		if len(docs) == 0 || docs[0].Err != nil {
			t.Fatal(name, err)
		}
		docs[0].PathAt(1)
		docs[0].Locate([]any{"k1"})
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

// FuzzSplit holds that the documents lie in the file, in order, apart, and
// that nothing but blank lines, comments and markers is between them.
func FuzzSplit(f *testing.F) {
	for _, d := range documents {
		f.Add([]byte(d + "\n---\n" + d))
		f.Add([]byte("...\n" + d + "\r\n--- # x\n" + d + "...\n"))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		txt := newText(src)
		at := 0
		for _, c := range append(txt.split(), chunk{start: len(txt.src), end: len(txt.src)}) {
			if c.start < at || c.end < c.start || c.end > len(txt.src) {
				t.Fatalf("document %v after offset %d in %d bytes", c, at, len(txt.src))
			}
			for _, line := range strings.FieldsFunc(string(txt.src[at:c.start]), func(r rune) bool { return strings.ContainsRune("\r\n\u0085\u2028\u2029", r) }) {
				line := []byte(line)
				marker := isMarker(line, "---") || isMarker(line, "...")
				if hasContent(line) && !marker && !bytes.HasPrefix(line, []byte("%")) {
					t.Fatalf("lost the line %q", line)
				}
			}
			at = c.end
		}
	})
}

// TestCorpusMatchesKubernetes reads every plain YAML file of the public
// collections with both libraries.
func TestCorpusMatchesKubernetes(t *testing.T) {
	if os.Getenv("SEKISHO_CORPUS") == "" {
		t.Skip("set SEKISHO_CORPUS=1")
	}
	files, documents := 0, 0
	for _, name := range []string{"bitnami", "prom", "kubeflow"} {
		eachYAML(t, corpus.Dir(t, name), func(file string, src []byte) {
			files++
			docs, err := Parse(src)
			if err != nil {
				t.Errorf("%s: %v", file, err)
			}
			for _, d := range docs {
				documents++
				body := d.text.src[d.text.lines[d.StartLine-1]:]
				if d.EndLine < len(d.text.lines) {
					body = d.text.src[d.text.lines[d.StartLine-1]:d.text.lines[d.EndLine]]
				}
				want, wantErr := kubernetes(body)
				if (wantErr != nil) != (d.Err != nil) || wantErr == nil && !reflect.DeepEqual(d.Value, want) {
					t.Errorf("%s:%d: got error %v, want %v, or values differ", file, d.StartLine, d.Err, wantErr)
				}
			}
		})
	}
	t.Logf("%d files, %d documents", files, documents)
}

func eachYAML(t testing.TB, dir string, f func(file string, src []byte)) {
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(p) != ".yaml" && filepath.Ext(p) != ".yml" {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if !bytes.Contains(src, []byte("{{")) {
			f(p, src)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
  namespace: prod
  labels:
    app.kubernetes.io/name: api
    app.kubernetes.io/part-of: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app.kubernetes.io/name: api
  template:
    metadata:
      labels:
        app.kubernetes.io/name: api
    spec:
      serviceAccountName: api
      securityContext:
        runAsNonRoot: true
        seccompProfile:
          type: RuntimeDefault
      containers:
      - name: api
        image: registry.example.com/shop/api:1.4.2
        args: ["--port=8080", "--log-level=info"]
        ports:
        - name: http
          containerPort: 8080
        env:
        - name: DATABASE_HOST
          value: db.prod.svc
        - name: DATABASE_PASSWORD
          valueFrom:
            secretKeyRef:
              name: db
              key: password
        securityContext:
          allowPrivilegeEscalation: false
          readOnlyRootFilesystem: true
          capabilities:
            drop: ["ALL"]
        resources:
          requests: {cpu: 100m, memory: 128Mi}
          limits: {memory: 256Mi}
        livenessProbe:
          httpGet: {path: /healthz, port: http}
      volumes:
      - name: tmp
        emptyDir: {}
`

func BenchmarkParse(b *testing.B) {
	b.SetBytes(int64(len(deployment)))
	for b.Loop() {
		if docs, err := Parse([]byte(deployment)); err != nil || docs[0].Err != nil {
			b.Fatal(err, docs[0].Err)
		}
	}
}

func BenchmarkSigsUnmarshal(b *testing.B) {
	b.SetBytes(int64(len(deployment)))
	for b.Loop() {
		var v any
		if err := sigsyaml.Unmarshal([]byte(deployment), &v); err != nil {
			b.Fatal(err)
		}
	}
}
