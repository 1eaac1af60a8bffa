package kustomize

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/model"
)

// render builds a folder of testdata, which must succeed.
func render(t testing.TB, dir string, opts Options) *model.Rendered {
	t.Helper()
	got := Render(context.Background(), os.DirFS("testdata"), model.Unit{Kind: model.Kustomize, Path: dir}, opts)
	for _, f := range got.Failures {
		t.Fatalf("%s:%d: %s", f.File, f.Line, f.Message)
	}
	return got
}

// object finds "Kind/name"; a name may leave out the hash of a generator.
func object(t testing.TB, r *model.Rendered, name string) model.Object {
	t.Helper()
	var names []string
	for _, obj := range r.Objects {
		full := obj.ID.Kind + "/" + obj.ID.Name
		if full == name || strings.HasPrefix(full, name+"-") {
			return obj
		}
		names = append(names, full)
	}
	t.Fatalf("no %s among %v", name, names)
	return model.Object{}
}

// show prints a location as file:line "the text there" role, and what is
// special about its precision.
func show(t testing.TB, loc model.Location) string {
	t.Helper()
	if loc.Precision == model.File {
		return fmt.Sprintf("%s %s file", loc.File, loc.Role)
	}
	data, err := os.ReadFile(path.Join("testdata", loc.File))
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(data), "\n")
	if loc.StartLine < 1 || loc.EndLine > len(lines) || loc.EndLine < loc.StartLine ||
		loc.StartColumn < 1 || loc.StartColumn > utf8.RuneCountInString(lines[loc.StartLine-1])+1 {
		t.Fatalf("%+v is outside of the file", loc)
	}
	last := []rune(lines[loc.EndLine-1])
	lines[loc.EndLine-1] = string(last[:loc.EndColumn-1])
	lines[loc.StartLine-1] = string([]rune(lines[loc.StartLine-1])[loc.StartColumn-1:])
	s := fmt.Sprintf("%s:%d %q %s", loc.File, loc.StartLine, strings.Join(lines[loc.StartLine-1:loc.EndLine], ""), loc.Role)
	if loc.Precision == model.Parent {
		s += " parent"
	}
	return s
}

// place prints where a field comes from, and what lies on the way.
func place(t testing.TB, obj model.Object, field string) string {
	t.Helper()
	p, err := model.ParsePath(field)
	if err != nil {
		t.Fatal(err)
	}
	tr := obj.Origin.Locate(p)
	parts := []string{show(t, tr.Location)}
	for _, loc := range tr.Related {
		parts = append(parts, show(t, loc))
	}
	return strings.Join(parts, " < ")
}
