package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

// TestCollections scans the public collections and compares what is found, by
// rule, with what was found before. Of every finding the place must exist, and
// how many scans run side by side must not show in the result.
func TestCollections(t *testing.T) {
	corpus.Long(t)
	for _, name := range []string{"bitnami", "prom", "kubeflow"} {
		t.Run(name, func(t *testing.T) {
			dir := corpus.Dir(t, name)
			saved := scanCollection(t, dir, "2")
			if !bytes.Equal(saved, scanCollection(t, dir, "1")) {
				t.Error("--jobs 1 and --jobs 2 give different results")
			}
			var r model.Result
			if err := json.Unmarshal(saved, &r); err != nil {
				t.Fatal(err)
			}
			places := &places{dir: dir, lines: map[string][]string{}}
			for _, f := range r.Findings {
				for _, l := range append([]model.Location{f.Location}, f.Related...) {
					if err := places.check(l); err != nil {
						t.Errorf("%s %s %s: %v", f.Rule, f.Object.Name, f.Path, err)
					}
				}
			}
			golden := filepath.Join("testdata", "collection-"+name+".golden")
			got := tally(&r)
			if *update {
				if err := os.MkdirAll("testdata", 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s\nif this is right: SEKISHO_CORPUS=1 go test ./cmd/sekisho -run TestCollections -update", diff)
			}
		})
	}
}

// scanCollection is the JSON result of a whole collection.
func scanCollection(t *testing.T, dir, jobs string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), "result.json")
	cmd := exec.Command("sekisho", "scan", "--jobs", jobs, "--format", "json="+file)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("a scan without findings: %s", out)
	}
	saved, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// tally prints how much was found of what, and all that failed.
func tally(r *model.Result) string {
	var b strings.Builder
	objects := 0
	for _, u := range r.Units {
		objects += u.Objects
	}
	fmt.Fprintf(&b, "%d units, %d objects, %d findings\n", len(r.Units), objects, len(r.Findings))
	counts := map[string]int{}
	for _, f := range r.Findings {
		counts["place "+string(f.Location.Precision)]++
		counts["role "+string(f.Location.Role)]++
		counts["rule "+f.Rule]++
	}
	for _, key := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(&b, "%s %d\n", key, counts[key])
	}
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "failure %s:%d %s\n", f.File, f.Line, f.Message)
	}
	return b.String()
}

// places looks up places in the files of a folder.
type places struct {
	dir   string
	lines map[string][]string
}

// check says why a location is none.
func (p *places) check(l model.Location) error {
	lines, ok := p.lines[l.File]
	if !ok {
		text, err := os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(l.File)))
		if err != nil {
			return err
		}
		lines = strings.Split(string(text), "\n")
		p.lines[l.File] = lines
	}
	switch {
	case l.StartLine < 1 || l.EndLine > len(lines) || l.StartLine > l.EndLine:
		return fmt.Errorf("%s has no lines %d to %d", l.File, l.StartLine, l.EndLine)
	case l.StartColumn < 1 || l.StartColumn > utf8.RuneCountInString(lines[l.StartLine-1])+1:
		return fmt.Errorf("%s:%d has no column %d", l.File, l.StartLine, l.StartColumn)
	case l.EndColumn < 1 || l.EndColumn > utf8.RuneCountInString(lines[l.EndLine-1])+1:
		return fmt.Errorf("%s:%d has no column %d", l.File, l.EndLine, l.EndColumn)
	case l.StartLine == l.EndLine && l.EndColumn < l.StartColumn:
		return fmt.Errorf("%s:%d ends before it begins", l.File, l.StartLine)
	}
	return nil
}
