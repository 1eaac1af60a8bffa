package shadow

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chart/loader"

	"github.com/sekisho/sekisho/internal/model"
)

// composer makes templates out of random bytes: every byte is a choice.
type composer struct {
	choices []byte
	vars    []string
	depth   int
	size    int
	helpers bool // what is composed may include helpers
}

func (c *composer) pick(n int) int {
	if len(c.choices) == 0 {
		return 0
	}
	b := c.choices[0]
	c.choices = c.choices[1:]
	return int(b) % n
}

func (c *composer) of(options ...string) string { return options[c.pick(len(options))] }

// template composes the inside of a template.
func (c *composer) template() string {
	vars := len(c.vars)
	defer func() { c.vars = c.vars[:vars] }()
	var b strings.Builder
	for range 1 + c.pick(4) {
		b.WriteString(c.piece())
	}
	return b.String()
}

func (c *composer) piece() string {
	if c.size++; c.size > 60 {
		return "end\n"
	}
	if c.depth > 4 {
		return c.text()
	}
	c.depth++
	defer func() { c.depth-- }()
	open, end := c.of("{{ ", "{{- "), c.of(" }}", " -}}")
	action := func(s string) string { return open + s + end }
	switch c.pick(12) {
	case 0, 1, 2:
		return c.text()
	case 3, 4, 5:
		return action(c.pipeline())
	case 6:
		s := action("if "+c.pipeline()) + c.template()
		if c.pick(2) == 0 {
			s += action("else if "+c.pipeline()) + c.template()
		}
		if c.pick(2) == 0 {
			s += action("else") + c.template()
		}
		return s + action("end")
	case 7:
		s := action(c.of("with ", "with $w := ")+c.pipeline()) + c.template()
		if c.pick(2) == 0 {
			s += action("else") + c.template()
		}
		return s + action("end")
	case 8:
		head := c.of("", "$e := ", "$k, $e := ")
		c.vars = append(c.vars, "$outer")
		s := "{{- $outer := 1 }}" + action("range "+head+c.collection()) + c.template() + c.of("", action("if eq $outer 1")+c.of("{{ break }}", "{{ continue }}")+action("end"), action("$outer = 2"))
		if c.pick(3) == 0 {
			s += action("else") + c.template()
		}
		return s + action("end")
	case 9:
		name := fmt.Sprintf("$v%d", len(c.vars))
		s := action(name + " := " + c.pipeline())
		c.vars = append(c.vars, name)
		return s
	case 10:
		if len(c.vars) == 0 {
			return c.text()
		}
		return action(c.vars[c.pick(len(c.vars))] + " = " + c.pipeline())
	default:
		if !c.helpers {
			return c.text()
		}
		return c.of("", "a: ") + action("template "+c.of(`"h1" .`, `"h2" $`, `"h1" (dict "a" 1)`, `"h2"`))
	}
}

func (c *composer) text() string {
	return c.of("a: b\n", "- x\n", "  two words\n\n", "x", " ", "\n", "k:\n  - 1\n  - 2\n", "é\u00a0ü\n", "\t", "# note\n", "\uf8ff", "\r\n", "{{/* no */}}", "<no value>")
}

func (c *composer) collection() string {
	return c.of("$.Values.list", "$.Values.map", "(until 3)", "$.Values.none", "$.Values.maps", `(list 1 "x" nil)`, "(dict \"a\" 1 \"b\" .)", `(splitList "," "p,q")`)
}

// pipeline composes an expression.
func (c *composer) pipeline() string {
	s := c.operand()
	for range c.pick(4) {
		// Most functions take one type only, and a chart that fails proves
		// nothing.
		s += " | " + c.of(
			c.of("toString", "toYaml", "default \"d\"", "trim")+" | "+c.of("upper", "nindent 2", "indent 3", "trim", "b64enc", "trunc 4", "replace \"a\" \"bb\"", "len",
				"trimSuffix \"\\n\"", "sha256sum", "splitList \"\\n\" | join \",\"", "fromYaml", "required \"r\"", "trimPrefix \"h\"", "title", "contains \"e\""),
			c.of("quote", "squote", "default \"d\"", "toYaml", "toJson", "toString", "not", "printf \"%v!\"", "list", "coalesce nil", "kindOf", "set (dict) \"k\"", "dict \"k\"", "typeIs \"string\"", "empty", "print", "cat \"c\""))
	}
	return s
}

func (c *composer) operand() string {
	if c.depth > 6 {
		return "1"
	}
	c.depth++
	defer func() { c.depth-- }()
	arg := func() string { return "(" + c.pipeline() + ")" }
	options := []func() string{
		func() string {
			return c.of("$.Values.text", "$.Values.num", "$.Values.yes", "$.Values.no", "$.Values.empty", "$.Values.none", "$.Values.nil", "$.Values.deep.er.est", "$.Release.Name", "$.Chart.Name", "$.Template.Name", "$.Values.list", "$.Values.map")
		},
		func() string { return c.of(".", "$", `"lit"`, "1", "true", "3.5", "`raw`", "nil | default 1") },
		func() string {
			if len(c.vars) == 0 {
				return `"lit"`
			}
			return c.vars[c.pick(len(c.vars))]
		},
		func() string { return "and " + arg() + " " + arg() },
		func() string { return "or " + arg() + " " + arg() },
		func() string { return "default " + arg() + " " + arg() },
		func() string {
			return c.of("eq ", "ne ") + "(" + c.pipeline() + " | toString) (" + c.pipeline() + " | toString)"
		},
		func() string { return "printf \"%s-%v\" " + arg() + " " + arg() },
		func() string { return "ternary " + arg() + " " + arg() + " $.Values.yes" },
		func() string {
			return "tpl " + c.of("$.Values.tpl", "$.Values.tpldef", `"x{{ .Values.text }}\n"`) + " $"
		},
		func() string { return "index $.Values " + c.of(`"list" 0`, `"map" "a"`, `"deep" "er"`) },
		func() string { return "get $.Values.map " + c.of(`"a"`, `"zz"`) },
		func() string { return "dig \"er\" \"est\" 1 $.Values.deep" },
		func() string { return "hasKey $.Values " + c.of(`"list"`, `"zz"`) },
		func() string { return "(dict \"k\" " + arg() + " \"l\" .).k" },
		func() string { return "(index $.Values.maps 0).name" },
		func() string { return "(set (dict \"q\" 1) \"k\" " + arg() + ").k" },
		func() string { return "list " + arg() + " " + arg() },
		func() string { return "merge (dict \"z\" 1) $.Values.map" },
		func() string { return "omit $.Values.map \"a\"" },
		func() string { return "cat " + arg() + " " + arg() },
		func() string { return "$.Files.Get \"file.txt\"" },
		func() string { return "$.Capabilities.APIVersions.Has \"v1\"" },
	}
	if c.helpers {
		options = append(options,
			func() string { return "include " + c.of(`"h1" .`, `"h2" $`, `(print "h" 1) .`) },
			func() string { return "include \"h2\" (dict \"a\" " + arg() + " \"b\" $)" })
	}
	return options[c.pick(len(options))]()
}

const fuzzValues = `
text: hello
num: 7
"yes": true
"no": false
empty: ""
nil: null
list: [one, two, 3]
map: {a: x, b: "1"}
maps: [{name: n1}, {name: n2, v: 2}]
deep: {er: {est: bottom}}
tpl: "t={{ .Values.text }}{{ if .Values.yes }}\n yes{{ end }}"
tpldef: "{{ define \"inner\" }}in {{ . }}{{ end }}{{ include \"inner\" .Values.num }}{{ include \"h1\" . }}"
`

// fuzzChart composes a chart.
func fuzzChart(data []byte) []*loader.BufferedFile {
	c := &composer{choices: data}
	h1 := c.template()
	c.vars, c.size = nil, 0
	h2 := c.template()
	c.vars, c.size, c.helpers = nil, 0, true
	main := c.template()
	file := func(name, text string) *loader.BufferedFile {
		return &loader.BufferedFile{Name: name, Data: []byte(text)}
	}
	return []*loader.BufferedFile{
		file("Chart.yaml", "apiVersion: v2\nname: f\nversion: 1.0.0\n"),
		file("values.yaml", fuzzValues),
		file("file.txt", "from\nfile\n"),
		file("templates/_h.tpl", `{{ define "h1" }}`+h1+`{{ end }}{{ define "h2" -}}`+"\n"+h2+`{{- end }}`),
		file("templates/a.yaml", main),
		file("templates/b.yaml", "b: {{ include (print $.Template.BasePath \"/a.yaml\") . | sha256sum }}\n{{ include \"f/templates/a.yaml\" . }}"),
	}
}

// seeds are 200 rows of random numbers, the same in every run.
func seeds() [][]byte {
	var out [][]byte
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		seed := make([]byte, 700)
		for i := range seed {
			seed[i] = byte(r.Uint32())
		}
		out = append(out, seed)
	}
	return out
}

// Seeds that stock refuses prove nothing; most must render.
func TestSeedsRender(t *testing.T) {
	good := 0
	for _, seed := range seeds() {
		if _, err := renderStock("f", fuzzChart(seed), nil); err == nil {
			good++
		}
	}
	if good < len(seeds())/2 {
		t.Errorf("stock renders %d of %d seeds", good, len(seeds()))
	}
}

// Whatever stock renders, the traced render equals once stripped, and no
// question makes it panic.
func FuzzEqual(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 2000 {
			return
		}
		files := fuzzChart(data)
		s, err := renderStock("f", files, nil)
		if err != nil {
			return
		}
		e, err := newEngine(s.Input)
		if err != nil {
			t.Fatal(err)
		}
		values, err := s.Values()
		if err != nil {
			t.Fatal(err)
		}
		tr, err := e.traceFiles(context.Background(), values, e.renderable())
		if err != nil {
			t.Fatalf("%v\n%s\n%s", err, s.file("templates/_h.tpl"), s.file("templates/a.yaml"))
		}
		for name, want := range s.Rendered {
			if got := tr.text[name]; got != want {
				t.Fatalf("%s: got %q\nwant %q\n%s\n%s", name, got, want, s.file("templates/_h.tpl"), s.file("templates/a.yaml"))
			}
		}
		sh := New(s.Input)
		for name, text := range s.Rendered {
			sh.Lines(context.Background(), name)
			for _, d := range documents(text) {
				sh.locate(context.Background(), Document{name, d}, model.Path{"a", 0, "b"})
				sh.locate(context.Background(), Document{name, d}, model.Path{"a"})
			}
		}
	})
}
