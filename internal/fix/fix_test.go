package fix

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// tree is a source of files; those below vendor come from elsewhere.
type tree map[string]string

func (t tree) Read(file string) ([]byte, error) {
	src, ok := t[file]
	if !ok {
		return nil, errors.New("no such file")
	}
	return []byte(src), nil
}

func (t tree) Vendored(file string) bool { return strings.HasPrefix(file, "vendor/") }

// TestPlanInTemplate adds securityContext to whatever begins on a line.
func TestPlanInTemplate(t *testing.T) {
	for _, tt := range []struct {
		name, template string
		line           int
		want           string // the template then; or "error: " and a part of the error
	}{
		{
			name:     "literal YAML",
			template: "containers:\n- name: {{ .Chart.Name }}\n  image: \"{{ .Values.image }}\" # {{ x }}\nother: 1\n",
			line:     2,
			want:     "containers:\n- name: {{ .Chart.Name }}\n  image: \"{{ .Values.image }}\" # {{ x }}\n  securityContext: {NEW}\nother: 1\n",
		},
		{
			name:     "not between a key and what an action prints below it",
			template: "containers:\n- name: a\n  image: b\n  resources:\n    {{- toYaml .Values.resources | nindent 4 }}\n",
			line:     2,
			want:     "containers:\n- name: a\n  image: b\n  securityContext: {NEW}\n  resources:\n    {{- toYaml .Values.resources | nindent 4 }}\n",
		},
		{
			name:     "not where a condition may add to the list above",
			template: "containers:\n- name: a\n  volumeMounts:\n  - name: c\n  {{- if .Values.more }}\n  {{- toYaml .Values.more | nindent 2 }}\n  {{- end }}\n",
			line:     2,
			want:     "containers:\n- name: a\n  securityContext: {NEW}\n  volumeMounts:\n  - name: c\n  {{- if .Values.more }}\n  {{- toYaml .Values.more | nindent 2 }}\n  {{- end }}\n",
		},
		{
			name:     "not under a condition, not in front of its end",
			template: "containers:\n- name: a\n  image: b\n  {{- if .Values.tty }}\n  tty: true\n  {{- end }}\n{{- if .Values.x }}\nx: 1\n{{- end }}\n",
			line:     2,
			want:     "containers:\n- name: a\n  image: b\n  securityContext: {NEW}\n  {{- if .Values.tty }}\n  tty: true\n  {{- end }}\n{{- if .Values.x }}\nx: 1\n{{- end }}\n",
		},
		{
			name:     "in the branch that the line is in",
			template: "{{- if .Values.a }}\ncontainers:\n- name: a\n{{- else }}\ncontainers:\n- name: b\n{{- end }}\n",
			line:     6,
			want:     "{{- if .Values.a }}\ncontainers:\n- name: a\n{{- else }}\ncontainers:\n- name: b\n  securityContext: {NEW}\n{{- end }}\n",
		},
		{
			name:     "in a helper among others",
			template: "{{- define \"a\" -}}\n- x\n{{- end }}\n{{/* a\ncomment: { */}}\n{{- define \"b\" }}\n- name: b\n  image: c\n{{- end -}}\n",
			line:     7,
			want:     "{{- define \"a\" -}}\n- x\n{{- end }}\n{{/* a\ncomment: { */}}\n{{- define \"b\" }}\n- name: b\n  image: c\n  securityContext: {NEW}\n{{- end -}}\n",
		},
		{
			name:     "an action over several lines",
			template: "containers:\n- name: {{ printf \"%s }}\"\n    .Values.name }}\n  image: b\n",
			line:     2,
			want:     "containers:\n- name: {{ printf \"%s }}\"\n    .Values.name }}\n  image: b\n  securityContext: {NEW}\n",
		},
		{
			name:     "CRLF",
			template: "containers:\r\n- name: a\r\n  {{- if x }}\r\n  tty: true\r\n  {{- end }}\r\n  image: b\r\n",
			line:     2,
			want:     "containers:\r\n- name: a\r\n  {{- if x }}\r\n  tty: true\r\n  {{- end }}\r\n  image: b\r\n  securityContext: {NEW}\r\n",
		},
		{
			name:     "an action prints all of it",
			template: "containers:\n{{- include \"containers\" . | nindent 0 }}\n",
			line:     2,
			want:     "error: does not write the field itself",
		},
		{
			name:     "nothing but a name and what an action prints",
			template: "containers:\n- name: a\n  {{- include \"rest\" . }}\n",
			line:     2,
			want:     "error: no place for another key",
		},
		{
			name:     "text that is no YAML even without its actions",
			template: "containers:\n- name: a\n {{ if x }}b{{ end }}: c\n   d: e\n",
			line:     2,
			want:     "error: ",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := model.FixOp{
				Op: "add", Path: model.Path{"spec", "containers", 1, "securityContext"}, Value: "{NEW}", Missing: 1,
				At: &model.Trace{Location: model.Location{File: "t.yaml", StartLine: tt.line, Precision: model.Parent, Role: model.RoleTemplate}},
			}
			changes, err := Plan(tree{"t.yaml": tt.template}, []model.FixOp{op})
			if wrong, ok := strings.CutPrefix(tt.want, "error: "); ok {
				if err == nil || !strings.Contains(err.Error(), wrong) {
					t.Fatalf("error %v, want %q; planned %+v", err, wrong, changes)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Replace(string(Apply([]byte(tt.template), changes)), `"{NEW}"`, "{NEW}", 1)
			got = strings.Replace(got, `'{NEW}'`, "{NEW}", 1)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestPlan(t *testing.T) {
	at := func(file string, line int, role model.Role, key string) model.Location {
		return model.Location{File: file, StartLine: line, Precision: model.Exact, Role: role, Key: key, Confirmed: key != ""}
	}
	path := model.Path{"spec", "securityContext", "allow"}
	for _, tt := range []struct {
		name    string
		files   tree
		at      model.Location
		related []model.Location
		missing int
		op      string
		value   any
		want    string // all files then; or "error: " and a part of the error
	}{
		{
			name: "values key", files: tree{"v": "a:\n  allow: true # x\n"}, at: at("v", 2, model.RoleValue, "a.allow"),
			op: "replace", value: false, want: "v: a:\n  allow: false # x\n",
		},
		{
			name: "values key under another name gets the field, not a mapping", files: tree{"v": "context: {}\n"}, at: at("v", 1, model.RoleValue, "context"),
			missing: 2, op: "add", value: map[string]any{"allow": false}, want: "v: context:\n  allow: false\n",
		},
		{
			name: "values key that no line writes", files: tree{"v": "a: {}\nb: 1\n"}, at: at("v", 2, model.RoleValue, "a.allow"),
			op: "add", value: false, want: "error: line 2 does not write the key itself",
		},
		{
			name: "values key of a vendored chart", files: tree{"vendor/v": "context: {}\n", "v": "sub:\n  replicas: 1\n"}, at: at("vendor/v", 1, model.RoleValue, "context.allow"),
			related: []model.Location{at("v", 1, model.RoleValue, "sub.context.allow")},
			missing: 1, op: "add", value: false, want: "v: sub:\n  replicas: 1\n  context:\n    allow: false\nvendor/v: context: {}\n",
		},
		{
			name: "vendored chart that nobody sets values for", files: tree{"vendor/v": "context: {}\n"}, at: at("vendor/v", 1, model.RoleValue, "context.allow"),
			missing: 1, op: "add", value: false, want: "error: takes from elsewhere",
		},
		{
			name: "an action prints the value", files: tree{"t": "securityContext:\n  allow: {{ .Values.allow }}\n"}, at: at("t", 2, model.RoleTemplate, ""),
			op: "replace", value: false, want: "error: an action prints the value",
		},
		{
			name: "text that would be an action", files: tree{"t": "securityContext:\n  allow: true\n"}, at: at("t", 2, model.RoleTemplate, ""),
			op: "replace", value: "{{ .Release.Name }}", want: "error: read as an action",
		},
		{
			name: "JSON patch", files: tree{"p": "- op: add\n  path: /spec/securityContext\n  value:\n    allow: true\n"}, at: at("p", 4, model.RolePatch, ""),
			op: "replace", value: false, want: "p: - op: add\n  path: /spec/securityContext\n  value:\n    allow: false\n",
		},
		{
			name: "JSON patch whose value is the field", files: tree{"p": "- op: add\n  path: /spec/securityContext/allow\n  value: true\n"}, at: at("p", 3, model.RolePatch, ""),
			op: "replace", value: false, want: "error: line 3 does not write the field itself",
		},
		{
			name: "directive", files: tree{"k": "images: []\n"}, at: at("k", 1, model.RoleDirective, ""),
			op: "replace", value: false, want: "error: not where the field is written",
		},
		{
			name: "link out of the repository", files: tree{}, at: at("m", 1, model.RoleSource, ""),
			op: "replace", value: false, want: "error: no such file",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			op := model.FixOp{Op: tt.op, Path: path, Value: tt.value, Missing: tt.missing, At: &model.Trace{Location: tt.at, Related: tt.related}}
			changes, err := Plan(tt.files, []model.FixOp{op})
			if wrong, ok := strings.CutPrefix(tt.want, "error: "); ok {
				if err == nil || !strings.Contains(err.Error(), wrong) {
					t.Fatalf("error %v, want %q; planned %+v", err, wrong, changes)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for _, file := range []string{"p", "v", "vendor/v"} {
				if src, ok := tt.files[file]; ok {
					of := changes
					if changes[0].File != file {
						of = nil
					}
					got.WriteString(file + ": " + string(Apply([]byte(src), of)))
				}
			}
			if diff := cmp.Diff(tt.want, got.String()); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	fix := func(key string) []model.FixOp {
		return []model.FixOp{{Op: "add", Path: model.Path{key}, Value: false}}
	}
	object := func(value map[string]any, problems ...Problem) Object {
		return Object{Unit: model.UnitRef{Kind: model.Raw, Path: "a.yaml"}, ID: model.ObjectID{APIVersion: "v1", Kind: "Pod", Name: "a"}, Value: value, Problems: problems}
	}
	a, b := Problem{Rule: "a", Message: "a", Fix: fix("a")}, Problem{Rule: "b", Message: "b", Fix: fix("b")}
	before := object(map[string]any{"x": true}, a, b)
	moved := object(map[string]any{"x": true, "a": false}, b)
	moved.ID.APIVersion = "v2"
	for _, tt := range []struct {
		name  string
		after []Object
		keep  string // rule whose findings are accepted
		want  string // rules gone, or a part of the error
	}{
		{"one fixed", []Object{object(map[string]any{"x": true, "a": false}, b)}, "", "a"},
		{"both fixed", []Object{object(map[string]any{"x": true, "a": false, "b": false})}, "", "a b"},
		{"nothing changes", []Object{before}, "", ""},
		{"another version of the object", []Object{moved}, "", "a"},
		{"more changes than the fix says", []Object{object(map[string]any{"x": false, "a": false}, b)}, "", "other fields would change"},
		{"less changes", []Object{object(map[string]any{"x": true, "a": false})}, "", "other fields would change"},
		{"the finding stays", []Object{object(map[string]any{"x": true, "a": false}, a, b)}, "", "other fields would change"},
		{"a new finding", []Object{object(map[string]any{"x": true, "a": false}, b, Problem{Rule: "c"})}, "", "a new finding"},
		{"the same once more", []Object{object(map[string]any{"x": true, "a": false}, b, b)}, "", "a new finding"},
		{"an object is gone", nil, "", "1 objects would be 0"},
		{"an accepted finding", []Object{object(map[string]any{"x": true, "a": false}, b)}, "a", "somebody has accepted"},
		{"beside an accepted finding", []Object{object(map[string]any{"x": true, "a": false}, b)}, "b", "a"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			keep := func(key string) bool {
				return tt.keep != "" && key == before.key(Problem{Rule: tt.keep, Message: tt.keep})
			}
			gone, err := Check([]Object{before}, tt.after, keep)
			if err != nil {
				if tt.want == "" || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%v, want %q", err, tt.want)
				}
				return
			}
			var rules []string
			for _, p := range before.Problems {
				if gone[before.key(p)] == 1 {
					rules = append(rules, p.Rule)
				}
			}
			if got := strings.Join(rules, " "); got != tt.want {
				t.Errorf("gone: %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLines(t *testing.T) {
	const src = "a: 1\nb: {}\nc: 3"
	for _, tt := range []struct {
		name        string
		start, end  int
		text        string
		first, last int
		want        string
	}{
		{"within a line", 3, 4, "2", 1, 1, "a: 2"},
		{"a line becomes two", 6, 10, ":\n  x: 1", 2, 2, "b:\n  x: 1"},
		{"between lines", 5, 5, "n: 1\n", 1, 1, "a: 1\nn: 1"},
		{"at the beginning", 0, 0, "n: 1\n", 1, 1, "n: 1\na: 1"},
		{"at the end", 15, 15, "\nn: 1", 3, 3, "c: 3\nn: 1"},
		{"a line is gone", 5, 11, "", 2, 3, "c: 3"},
		{"the last line is gone", 11, 15, "", 2, 3, "b: {}"},
		{"whole lines", 5, 11, "x: 1\ny: 2\n", 2, 2, "x: 1\ny: 2"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Change{"f", yamlpos.Splice{Start: tt.start, End: tt.end, Text: tt.text}}
			first, last, text := c.Lines([]byte(src))
			if first != tt.first || last != tt.last || text != tt.want {
				t.Errorf("lines %d to %d become %q, want %d to %d and %q", first, last, text, tt.first, tt.last, tt.want)
			}
			// Whoever takes the suggestion over gets the same lines.
			lines := strings.Split(src, "\n")
			got := strings.Join(append(append(append([]string{}, lines[:first-1]...), text), lines[last:]...), "\n")
			if want := strings.TrimSuffix(string(c.Splice.Apply([]byte(src))), "\n"); got != want {
				t.Errorf("taken over: %q, want %q", got, want)
			}
		})
	}
}

// FuzzTemplate: without its actions a template has the same length and the same
// lines, and what is outside of actions stays.
func FuzzTemplate(f *testing.F) {
	f.Add("a: {{ x }}\n{{- if `}}` }}\n  b: \"{{\"\n{{ end -}}\n{{/* }} */}}\n{{ define \"x\" }}\r\n- {{ .y\n}}: z{{ end }}")
	f.Add("{{")
	f.Add("{{ else }}{{ end }}{{ end }}\n\n{{ $x := 1 }}")
	f.Fuzz(func(t *testing.T, src string) {
		tmpl := readTemplate(src)
		if len(tmpl.masked) != len(src) {
			t.Fatalf("%q becomes %q", src, tmpl.masked)
		}
		inside := make([]bool, len(src))
		for _, a := range tmpl.actions {
			for i := a.start; i < a.end; i++ {
				inside[i] = true
			}
		}
		for i := range len(src) {
			if (!inside[i] || src[i] == '\n') && tmpl.masked[i] != src[i] {
				t.Fatalf("byte %d of %q becomes %q", i, src, tmpl.masked[i])
			}
		}
		for line := range len(tmpl.lines) {
			if part := tmpl.part(line + 1); len(part) != len(src) {
				t.Fatalf("line %d of %q belongs to %q", line+1, src, part)
			}
			tmpl.takesLine(tmpl.lines[line], 2, 0)
		}
	})
}
