package yamlpos

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEdit(t *testing.T) {
	for _, tt := range []struct {
		name, src string
		doc       int
		edit      Edit
		want      string // the text then; or "error: " and a part of the error
	}{
		{
			name: "add to a list item",
			src:  "spec:\n  containers:\n  - name: app # the app\n    image: \"x\"   # keep\n\n  # about volumes\n  volumes: []\n",
			edit: Edit{Op: "add", Path: []any{"spec", "containers", 0, "securityContext"}, Value: map[string]any{"allowPrivilegeEscalation": false}},
			want: "spec:\n  containers:\n  - name: app # the app\n    image: \"x\"   # keep\n    securityContext:\n      allowPrivilegeEscalation: false\n\n  # about volumes\n  volumes: []\n",
		},
		{
			name: "add below a mapping indented by four",
			src:  "a:\n    b:\n        c: 1\n",
			edit: Edit{Op: "add", Path: []any{"a", "d", "e"}, Value: "yes"},
			want: "a:\n    b:\n        c: 1\n    d:\n        e: \"yes\"\n",
		},
		{
			name: "add at the end of a file without a line end",
			src:  "a: 1",
			edit: Edit{Op: "add", Path: []any{"b"}, Value: true},
			want: "a: 1\nb: true",
		},
		{
			name: "add keeps CRLF and the byte order mark",
			src:  "\ufeffa:\r\n  b: 1 # one\r\nc: 2\r\n",
			edit: Edit{Op: "add", Path: []any{"a", "d"}, Value: map[string]any{"e": int64(1)}},
			want: "\ufeffa:\r\n  b: 1 # one\r\n  d:\r\n    e: 1\r\nc: 2\r\n",
		},
		{
			name: "add behind a block scalar that keeps its blank lines",
			src:  "a:\n  b: x\n  c: |+\n    text\n\nd: 1\n",
			edit: Edit{Op: "add", Path: []any{"a", "e"}, Value: true},
			want: "a:\n  b: x\n  e: true\n  c: |+\n    text\n\nd: 1\n",
		},
		{
			name: "add to a flow mapping",
			src:  "a: {b: 1} # why\n",
			edit: Edit{Op: "add", Path: []any{"a", "c"}, Value: map[string]any{"type": "RuntimeDefault"}},
			want: "a: {b: 1, c: {type: RuntimeDefault}} # why\n",
		},
		{
			name: "add to JSON",
			src:  "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n",
			edit: Edit{Op: "add", Path: []any{"a", "c"}, Value: map[string]any{"d": false}},
			want: "{\n  \"a\": {\n    \"b\": 1,\n    \"c\": {\"d\": false}\n  }\n}\n",
		},
		{
			name: "fill an empty mapping whose comments show what may stand there",
			src:  "securityContext: {} # none\n  # capabilities:\n  #   drop: [ALL]\n\nservice:\n  type: ClusterIP\n",
			edit: Edit{Op: "add", Path: []any{"securityContext", "allowPrivilegeEscalation"}, Value: false},
			want: "securityContext: # none\n  allowPrivilegeEscalation: false\n  # capabilities:\n  #   drop: [ALL]\n\nservice:\n  type: ClusterIP\n",
		},
		{
			name: "uncomment what is to be written",
			src:  "a: {} # none\r\n# Like this:\r\n# c: 1\r\n# b:\r\n#   d: 2\r\n# e: 3\r\nf: 1\r\n",
			edit: Edit{Op: "add", Path: []any{"a", "b", "d"}, Value: int64(2)},
			want: "a: # none\r\n  b:\r\n    d: 2\r\n# Like this:\r\n# c: 1\r\n# e: 3\r\nf: 1\r\n",
		},
		{
			name: "do not uncomment what is part of something else, or further down",
			src:  "a: {}\n# c:\n#   b: 1\n\n# b: 1",
			edit: Edit{Op: "add", Path: []any{"a", "b"}, Value: int64(1)},
			want: "a:\n  b: 1\n# c:\n#   b: 1\n\n# b: 1",
		},
		{
			name: "uncomment the last line",
			src:  "a: {}\n  #b: 1",
			edit: Edit{Op: "add", Path: []any{"a", "b"}, Value: int64(1)},
			want: "a:\n  b: 1",
		},
		{
			name: "add before the only key",
			src:  "a:\n  # why\n  b: 1\n",
			edit: Edit{Op: "add", Path: []any{"a", "c"}, Value: true, Between: func(off, _ int) bool { return off < 10 }},
			want: "a:\n  c: true\n  # why\n  b: 1\n",
		},
		{
			name: "fill an empty mapping in a flow mapping",
			src:  "a: {b: {}, c: 1}\n",
			edit: Edit{Op: "add", Path: []any{"a", "b", "d"}, Value: false},
			want: "a: {b: {d: false}, c: 1}\n",
		},
		{
			name: "fill a key with nothing behind it",
			src:  "a:\n  b:\n  c: 1\n",
			edit: Edit{Op: "add", Path: []any{"a", "b", "d"}, Value: false},
			want: "a:\n  b:\n    d: false\n  c: 1\n",
		},
		{
			name: "add of a field that is there replaces it",
			src:  "a: true # because\n",
			edit: Edit{Op: "add", Path: []any{"a"}, Value: false},
			want: "a: false # because\n",
		},
		{
			name: "replace keeps quotes",
			src:  "a: 'policy/v1beta1'\nb: \"x\"\n",
			edit: Edit{Op: "replace", Path: []any{"a"}, Value: "policy/v1"},
			want: "a: 'policy/v1'\nb: \"x\"\n",
		},
		{
			name: "replace in the second of three documents",
			src:  "a: 1\n---\na: 1\n---\na: 1\n",
			doc:  1,
			edit: Edit{Op: "replace", Path: []any{"a"}, Value: int64(2)},
			want: "a: 1\n---\na: 2\n---\na: 1\n",
		},
		{
			name: "replace the writing that counts",
			src:  "a: 1\na: 2\n",
			edit: Edit{Op: "replace", Path: []any{"a"}, Value: int64(3)},
			want: "a: 1\na: 3\n",
		},
		{
			name: "remove a key with all below it",
			src:  "a: 1\nb:\n  c: 1\n  d: 2\ne: 3\n",
			edit: Edit{Op: "remove", Path: []any{"b"}},
			want: "a: 1\ne: 3\n",
		},
		{
			name: "remove from flow style",
			src:  "a: {b: 1, c: 2}\n",
			edit: Edit{Op: "remove", Path: []any{"a", "c"}},
			want: "a: {b: 1}\n",
		},
		{
			name: "remove an item",
			src:  "a:\n- b\n- c: 1\n  d: 2\n- e\n",
			edit: Edit{Op: "remove", Path: []any{"a", 1}},
			want: "a:\n- b\n- e\n",
		},
		{
			name: "lines may stand in some places only",
			src:  "a: 1\nb: 2\n",
			edit: Edit{Op: "add", Path: []any{"c"}, Value: true, Between: func(off, _ int) bool { return off == 5 }},
			want: "a: 1\nc: true\nb: 2\n",
		},
		{
			name: "an alias feeds two fields",
			src:  "a: &x {b: 1}\nc: *x\n",
			edit: Edit{Op: "replace", Path: []any{"a", "b"}, Value: int64(2)},
			want: "error: no small change",
		},
		{
			name: "an alias stands here",
			src:  "a: &x {b: 1}\nc: *x\n",
			edit: Edit{Op: "replace", Path: []any{"c", "b"}, Value: int64(2)},
			want: "error: an alias",
		},
		{
			name: "a merge key made it",
			src:  "x: &x\n  b: 1\nc:\n  <<: *x\n",
			edit: Edit{Op: "replace", Path: []any{"c", "b"}, Value: int64(2)},
			want: "error: a merge key",
		},
		{
			name: "the only key of a mapping",
			src:  "a:\n  b: 1\n",
			edit: Edit{Op: "remove", Path: []any{"a", "b"}},
			want: "error: no small change",
		},
		{
			name: "a long text",
			src:  "a: |\n  one\n  two\n",
			edit: Edit{Op: "replace", Path: []any{"a"}, Value: "x"},
			want: "error: several lines",
		},
		{
			name: "a field that is not there",
			src:  "a: 1\n",
			edit: Edit{Op: "replace", Path: []any{"b"}, Value: "x"},
			want: "error: does not exist",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			docs, err := Parse([]byte(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			s, err := docs[tt.doc].Edit(tt.edit)
			if wrong, ok := strings.CutPrefix(tt.want, "error: "); ok {
				if err == nil || !strings.Contains(err.Error(), wrong) {
					t.Fatalf("error %v, want %q; edited:\n%s", err, wrong, s.Apply([]byte(tt.src)))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(s.Apply([]byte(tt.src)))); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
}

// FuzzEdit edits a field of whatever it is given. An edit that is offered
// makes the value it should, and leaves the other documents alone.
func FuzzEdit(f *testing.F) {
	for _, src := range []string{
		"a:\n  b: 1 # c\nc: {d: e}\n", "- a: 1\n  b: {}\n- c\n", "{\"a\": {\"b\": [1, 2]}}", "a: 1\n---\nb: |+\n  x\n\n---\nc: &x {d: 1}\ne: *x\n",
		"\ufeffa:\r\n  - b:\r\n      c: 'x'\r\n", "a: !!str 1\nb: \"x\ny\"\n? c\n: d\n", "a:\n  # x\n\n  b:\n", "a: 1\na: 2\n",
	} {
		for op := range 3 {
			f.Add(src, uint8(op), uint8(3))
		}
	}
	f.Fuzz(func(t *testing.T, src string, op, pick uint8) {
		if len(src) > 4<<10 {
			return
		}
		docs, err := Parse([]byte(src))
		if err != nil {
			return
		}
		for _, d := range docs {
			paths := pathsIn(d.Value, nil)
			if d.Err != nil || len(paths) == 0 {
				continue
			}
			e := Edit{Op: []string{"add", "replace", "remove"}[op%3], Path: paths[int(pick)%len(paths)], Value: any(false)}
			if pick%2 == 1 && op%3 == 0 {
				e.Path, e.Value = append(e.Path[:len(e.Path):len(e.Path)], "new"), map[string]any{"type": "no"}
			}
			s, err := d.Edit(e)
			if err != nil {
				continue
			}
			want, err := e.On(d.Value)
			if err != nil {
				t.Fatalf("offered an edit that cannot be: %v", err)
			}
			after, err := Parse(s.Apply([]byte(src)))
			if err != nil || len(after) != len(docs) {
				t.Fatalf("%+v of %q makes %q: %d documents of %d, %v", s, src, s.Apply([]byte(src)), len(after), len(docs), err)
			}
			for i := range docs {
				if docs[i] != d {
					if !bytes.Equal(after[i].Text(), docs[i].Text()) {
						t.Fatalf("%+v of %q changes document %d", s, src, i)
					}
				} else if !reflect.DeepEqual(after[i].Value, want) {
					t.Fatalf("%+v of %q makes %#v, want %#v", s, src, after[i].Value, want)
				}
			}
		}
	})
}

// pathsIn lists the paths of a value.
func pathsIn(v any, at []any) (out [][]any) {
	join := func(e any) []any { return append(at[:len(at):len(at)], e) }
	switch v := v.(type) {
	case map[string]any:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			e := v[k]
			out = append(append(out, join(k)), pathsIn(e, join(k))...)
		}
	case []any:
		for i, e := range v {
			out = append(append(out, join(i)), pathsIn(e, join(i))...)
		}
	}
	return out
}
