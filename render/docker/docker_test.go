package docker

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func render(src string) *model.Rendered {
	fsys := fstest.MapFS{"app/Dockerfile": {Data: []byte(src)}}
	return Render(context.Background(), fsys, model.Unit{Kind: model.Docker, Path: "app/Dockerfile"}, Options{})
}

// TestShape compares the objects of testdata/*.Dockerfile with their goldens.
func TestShape(t *testing.T) {
	files, err := filepath.Glob("testdata/*.Dockerfile")
	if err != nil || len(files) == 0 {
		t.Fatalf("no Dockerfiles in testdata: %v", err)
	}
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		r := render(string(src))
		if len(r.Objects) != 1 || len(r.Failures) != 0 {
			t.Fatalf("%s: %d objects, failures %v", file, len(r.Objects), r.Failures)
		}
		var b strings.Builder
		enc := json.NewEncoder(&b)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(r.Objects[0].Value); err != nil {
			t.Fatal(err)
		}
		got, golden := b.String(), strings.TrimSuffix(file, ".Dockerfile")+".json"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("%s: -want +got; accept with: go test ./render/docker -update\n%s", file, diff)
		}
	}
}

func TestFailures(t *testing.T) {
	for _, tc := range []struct {
		name, src string
		objects   int
		want      []string
	}{
		{"empty", "# nothing\n", 0, []string{"1: parse Dockerfile: file with no instructions"}},
		{"no FROM", "ARG A\n", 0, []string{"1: parse Dockerfile: no FROM instruction"}},
		{"before FROM", "RUN a\nFROM b\n", 1, []string{"1: parse Dockerfile: RUN stands before the first FROM"}},
		{"unknown instruction", "FROM b\n\nRUNN a\nUSER 1\n", 1, []string{`3: parse Dockerfile: unknown instruction "RUNN"`}},
		{"bad syntax", "FROM b\nENV A=1 B\n", 0, []string{`2: parse Dockerfile: Syntax error - can't find = in "B". Must be of the form: name=value`}},
		{"open here-document", "FROM b\nRUN <<EOF\na\n", 0, []string{"2: parse Dockerfile: unterminated heredoc"}},
		{"long line", "FROM b\nRUN " + strings.Repeat("a", 100_000) + "\n", 0, []string{"1: parse Dockerfile: dockerfile line greater than max allowed size of 65535"}},
		{"not text", "FROM b\xff\n", 0, []string{"0: read Dockerfile: not valid UTF-8"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := render(tc.src)
			var got []string
			for _, f := range r.Failures {
				got = append(got, fmt.Sprintf("%d: %s", f.Line, f.Message))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if len(r.Objects) != tc.objects {
				t.Errorf("%d objects, want %d", len(r.Objects), tc.objects)
			}
		})
	}
}

func TestLocate(t *testing.T) {
	r := render("\ufeff# syntax=docker/dockerfile:1\nARG TAG=1\n\nFROM a:$TAG AS b\nRUN x && \\\n  # why\n  é\nUSER 5\r\nFROM b\nCOPY <<EOF /f\nline\nEOF\n")
	if len(r.Objects) != 1 {
		t.Fatal(r.Failures)
	}
	for path, want := range map[string]string{
		"":                                  "1:1-1:1 file",
		"args[0].value":                     "2:1-2:10 exact",
		"args[1]":                           "1:1-1:1 file",
		"stages[0].base":                    "4:1-4:17 exact",
		"stages[0].platform":                "4:1-4:17 parent",
		"stages[0].instructions[0].args[0]": "5:1-7:4 exact",
		"stages[0].instructions[1]":         "8:1-8:7 exact",
		"stages[0].user":                    "8:1-8:7 exact",
		"stages[1].user":                    "8:1-8:7 exact",
		"stages[1]":                         "9:1-9:7 exact",
		"stages[1].instructions[0].sources": "10:1-12:4 parent",
	} {
		p, err := model.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		l := r.Objects[0].Origin.Locate(p).Location
		got := fmt.Sprintf("%d:%d-%d:%d %s", l.StartLine, l.StartColumn, l.EndLine, l.EndColumn, l.Precision)
		if got != want || l.Role != model.RoleSource || l.File != "app/Dockerfile" {
			t.Errorf("%s: %s %s %s, want %s", path, l.File, l.Role, got, want)
		}
	}
}

// FuzzRender holds that nothing panics and that every instruction has its
// place inside the file.
func FuzzRender(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.Dockerfile")
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(src))
	}
	f.Fuzz(func(t *testing.T, src string) {
		lines := strings.Count(src, "\n") + 1
		for _, o := range render(src).Objects {
			stages := o.Value["stages"].([]any)
			for i, s := range stages {
				for j := range s.(map[string]any)["instructions"].([]any) {
					l := o.Origin.Locate(model.Path{"stages", i, "instructions", j}).Location
					if l.Precision != model.Exact || l.StartLine < 1 || l.EndLine < l.StartLine || l.EndLine > lines {
						t.Fatalf("%q: instruction %d of stage %d is at %+v", src, j, i, l)
					}
				}
			}
		}
	})
}
