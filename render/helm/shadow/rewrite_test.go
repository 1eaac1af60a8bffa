package shadow

import (
	"strings"
	"testing"
)

// Whatever parses as a template is rewritten without a panic, leaves the
// original as it was, and places its sites in the text.
func FuzzRewrite(f *testing.F) {
	for _, text := range []string{
		"", "a\n  b\n", "{{ . }}", "{{- .a.b -}}\n", "{{ $x := .a }}{{ $x = 1 }}{{ $x.b.c }}",
		"{{ if and .a (not .b) }}x{{ else if .c }}y{{ else }}z{{ end }}",
		"{{ with $y := .a }}{{ . }}{{ $y }}{{ else with .b }}{{ end }}",
		"{{ range $i, $e := .a }}{{ if $i }}{{ break }}{{ end }}{{ continue }}{{ else }}n{{ end }}",
		"{{ define \"a\" }}{{ template \"b\" . }}{{ end }}{{ block \"b\" .x }}{{ end }}{{ template \"a\" }}",
		"{{ (dict \"a\" 1 \"b\" (list .x $)).a | toYaml | nindent 2 }}",
		"{{ include (print .a \"b\") (dict \"c\" .) | trim }}{{ tpl .t $ }}",
		"{{ index .a 0 \"b\" }}{{ printf \"%s\" `raw` 'c' 1.5 0x1 1i true nil | default .z }}{{/* c */}}",
		"{{ .a\n.b }}é{{ \"\uf8ff\" }}\xff",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s := newSource(text)
		if s.err != nil {
			return
		}
		for name, tree := range s.trees {
			if tree.Root == nil {
				continue
			}
			before := tree.Root.String()
			st := s.shadow(tree)
			if after := tree.Root.String(); after != before {
				t.Errorf("template %q was %q, became %q", name, before, after)
			}
			if again := s.shadow(tree); again != st {
				t.Errorf("template %q is rewritten twice", name)
			}
		}
		lines := strings.Count(text, "\n") + 1
		for _, at := range s.sites {
			if line, column := s.position(at.pos); at.pos > len(text) || line < 1 || line > lines || column < 1 {
				t.Errorf("a site at %d is line %d, column %d of %q", at.pos, line, column, text)
			}
		}
	})
}
