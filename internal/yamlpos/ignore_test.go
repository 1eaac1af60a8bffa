package yamlpos

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestIgnores(t *testing.T) {
	for _, tc := range []struct {
		name, src string
		want      []Ignore
		errs      []string
	}{
		{
			name: "end of a line",
			src:  "a: 1\nb: 2 # sekisho:ignore rule-a -- it is fine\n  c: 3\n",
			want: []Ignore{{Line: 2, StartLine: 2, EndLine: 2, Rules: []string{"rule-a"}, Reason: "it is fine"}},
		},
		{
			name: "several rules, a date, tight spacing",
			src:  "#sekisho:ignore rule-a , rule-b,rule-c until=2027-01-31 --  why -- not \nx: 1\n",
			want: []Ignore{{Line: 1, StartLine: 2, EndLine: 2, Rules: []string{"rule-a", "rule-b", "rule-c"}, Reason: "why -- not", Until: "2027-01-31"}},
		},
		{
			name: "a mapping and all beneath it",
			src:  "spec:\n  # sekisho:ignore r -- w\n  # another comment\n\n  securityContext:\n    a: 1\n# left of it\n\n    b:\n    - c\n  next: 1\n",
			want: []Ignore{{Line: 2, StartLine: 5, EndLine: 10, Rules: []string{"r"}, Reason: "w"}},
		},
		{
			name: "a list under its key's column",
			src:  "# sekisho:ignore r -- w\nlist:\n- a\n- b: 1\n  c: 2\nnext: 1\n",
			want: []Ignore{{Line: 1, StartLine: 2, EndLine: 5, Rules: []string{"r"}, Reason: "w"}},
		},
		{
			name: "one list item",
			src:  "list:\n# sekisho:ignore r -- w\n- a: 1\n  b: 2\n- c: 1\n",
			want: []Ignore{{Line: 2, StartLine: 3, EndLine: 4, Rules: []string{"r"}, Reason: "w"}},
		},
		{
			name: "stacked",
			src:  "# sekisho:ignore r -- w\n# sekisho:ignore s -- w\na: 1\n",
			want: []Ignore{
				{Line: 1, StartLine: 3, EndLine: 3, Rules: []string{"r"}, Reason: "w"},
				{Line: 2, StartLine: 3, EndLine: 3, Rules: []string{"s"}, Reason: "w"},
			},
		},
		{
			name: "template comments",
			src: "{{- /* sekisho:ignore r -- w */ -}}\nspec:\n{{- if .x }}\n  a: 1\n{{- end }}\n" +
				"{{ toYaml .y | indent 2 }}\nimage: {{ .z }} {{/* sekisho:ignore s -- w */}}\n",
			want: []Ignore{
				{Line: 1, StartLine: 2, EndLine: 6, Rules: []string{"r"}, Reason: "w"},
				{Line: 7, StartLine: 7, EndLine: 7, Rules: []string{"s"}, Reason: "w"},
			},
		},
		{
			name: "a template comment of several lines",
			src:  "{{- /*\nsekisho:ignore r -- w\n*/ -}}\na: 1\n",
			want: []Ignore{{Line: 2, StartLine: 4, EndLine: 4, Rules: []string{"r"}, Reason: "w"}},
		},
		{
			name: "the body of an if",
			src:  "# sekisho:ignore r -- w\n{{- if .a }}\nb: 1\n{{- range .c }}\nd: 1\n{{- end }}\n{{- end }}\ne: 1\n",
			want: []Ignore{{Line: 1, StartLine: 2, EndLine: 7, Rules: []string{"r"}, Reason: "w"}},
		},
		{
			name: "a Dockerfile",
			src:  "FROM a\n# sekisho:ignore r -- w\nRUN a && \\\n# comment\nb && \\\nc\nUSER root\n",
			want: []Ignore{{Line: 2, StartLine: 3, EndLine: 6, Rules: []string{"r"}, Reason: "w"}},
		},
		{
			name: "the whole file",
			src:  "\ufeff# Copyright\n---\n# sekisho:ignore-file r -- w\na: 1\r\nb: 2\r\n",
			want: []Ignore{{Line: 3, StartLine: 1, EndLine: 6, Rules: []string{"r"}, Reason: "w"}},
		},
		{
			name: "not comments of ours",
			src:  "a: b#sekisho:ignore r -- w\n# write # sekisho:ignore r -- w\nurl: http://sekisho:ignore\n",
		},
		{
			name: "malformed",
			src: "a: 1 # sekisho:ignore r\na: 1 # sekisho:ignore r --\na: 1 # sekisho:ignore -- w\na: 1 # sekisho:ignore r until=tomorrow -- w\n" +
				"a: 1 # sekisho:ignore r! -- w\na: 1 # sekisho:disable r -- w\n# sekisho:ignore-file r -- w\n# sekisho:ignore r -- w\n",
			errs: []string{
				"line 1: sekisho:ignore needs a reason: # sekisho:ignore RULE -- why",
				"line 2: sekisho:ignore needs a reason: # sekisho:ignore RULE -- why",
				"line 3: sekisho:ignore names no rule",
				"line 4: sekisho:ignore: until=tomorrow is not a date like 2027-01-31",
				"line 5: sekisho:ignore: \"r!\" is not the name of a rule",
				"line 6: unknown comment \"sekisho:disable\"; write sekisho:ignore or sekisho:ignore-file",
				"line 7: sekisho:ignore-file must stand on a line of its own above the file's content",
				"line 8: nothing follows this ignore comment",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, errs := Ignores([]byte(tc.src))
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			var messages []string
			for _, e := range errs {
				messages = append(messages, e.Error())
			}
			if diff := cmp.Diff(tc.errs, messages); diff != "" {
				t.Errorf("errors: -want +got\n%s", diff)
			}
		})
	}
}

// FuzzIgnores holds that whatever the text, an ignore comment covers lines of
// the file, has a rule and a reason, and each mark leads to at most one result.
func FuzzIgnores(f *testing.F) {
	f.Add("a: 1 # sekisho:ignore r -- w\n")
	f.Add("# sekisho:ignore r until=2027-01-31 -- w\nspec:\n- a\n  b\n")
	f.Add("{{- /*\nsekisho:ignore-file r -- w\n*/ -}}\n{{ if }}\n{{ x | nindent 99999999999999999999 }}\n{{ end }}\n{{ end }}")
	f.Add("# sekisho:\r\n#sekisho:ignore-file\n/* sekisho:ignore a -- b */")
	f.Fuzz(func(t *testing.T, src string) {
		ignores, errs := Ignores([]byte(src))
		lines := strings.Count(src, "\n") + 1
		for _, i := range ignores {
			if i.StartLine < 1 || i.EndLine < i.StartLine || i.EndLine > lines || i.Line < 1 || i.Line > lines {
				t.Fatalf("%+v in %d lines", i, lines)
			}
			if len(i.Rules) == 0 || i.Reason == "" {
				t.Fatalf("%+v has no rule or no reason", i)
			}
		}
		if len(ignores)+len(errs) > strings.Count(src, ignoreMark) {
			t.Fatalf("%d ignores and %d errors out of %q", len(ignores), len(errs), src)
		}
	})
}
