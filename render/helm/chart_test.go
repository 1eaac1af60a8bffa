package helm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestCharts renders small charts, each a repository in an archive under
// testdata/charts. The last file of the archive, want, says whether stock Helm
// fails or prints the same objects, and what came out.
func TestCharts(t *testing.T) {
	quiet(t)
	files, err := filepath.Glob("testdata/charts/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal("no charts", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var want *txtar.File
			if last := &archive.Files[len(archive.Files)-1]; last.Name == "want" {
				want = last
			} else {
				archive.Files = append(archive.Files, txtar.File{Name: "want"})
				want = &archive.Files[len(archive.Files)-1]
			}
			repository := archive.Files[:len(archive.Files)-1]
			dir := t.TempDir()
			unpack(t, dir, repository)
			unit := model.Unit{Kind: model.Helm, Path: path.Dir(repository[0].Name), Variant: model.DefaultVariant}
			printed, stockErr := stock(dir, unit, DefaultKubeVersion())
			out := Render(t.Context(), rootFS(t, dir), unit, Options{})
			got := describe(t, out, printed, stockErr)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(want.Data) {
				t.Errorf("got:\n%s\nwant:\n%s\nto accept: go test ./render/helm -run TestCharts -update", got, want.Data)
			}
		})
	}
}

// describe says what came out, and how it compares with what helm prints.
func describe(t *testing.T, out *model.Rendered, printed string, stockErr error) string {
	t.Helper()
	var b strings.Builder
	switch {
	case stockErr != nil:
		fmt.Fprintln(&b, "helm: fails")
	case string(out.Manifest) == printed:
		fmt.Fprintln(&b, "helm: prints the same")
	default:
		compare(t, out, printed)
		fmt.Fprintln(&b, "helm: prints the same but for what is generated")
	}
	for _, obj := range out.Objects {
		fmt.Fprintf(&b, "%s %s %s from %s\n", obj.ID.APIVersion, obj.ID.Kind, path.Join(obj.ID.Namespace, obj.ID.Name), place(obj.Origin.Locate(model.Path{"kind"}).Location))
		for _, p := range obj.Generated {
			fmt.Fprintf(&b, "\tgenerated %s\n", p)
		}
	}
	for _, f := range out.Failures {
		fmt.Fprintf(&b, "failure at %s:%d: %s\n", f.File, f.Line, f.Message)
	}
	return b.String()
}

func place(l model.Location) string {
	if l.Precision == model.File {
		return l.File
	}
	return fmt.Sprintf("%s:%d", l.File, l.StartLine)
}

// compare holds each object to what helm prints. They must be equal but for
// the fields that are listed as generated, and those must differ: Helm invents
// them anew each time.
func compare(t *testing.T, out *model.Rendered, printed string) {
	t.Helper()
	docs, err := yamlpos.Parse([]byte(printed))
	if err != nil {
		t.Fatal(err)
	}
	var want []any
	for _, d := range docs {
		if d.Err != nil {
			t.Fatal(d.Err)
		}
		if v, ok := d.Value.(map[string]any); ok && len(v) > 0 {
			for _, obj := range expand(v, &origin{}) {
				want = append(want, obj.Value)
			}
		}
	}
	label := out.Unit.Path + " " + out.Unit.Variant
	if len(want) != len(out.Objects) {
		t.Errorf("%s: %d objects, helm prints %d", label, len(out.Objects), len(want))
		return
	}
	for i, obj := range out.Objects {
		generated, differ, short := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, p := range obj.Generated {
			generated[p.String()] = true
			v, _ := p.Lookup(obj.Value)
			short[p.String()] = len(fmt.Sprint(v)) < 4 // a random digit may equal helm's by chance
		}
		differences(want[i], obj.Value, nil, func(p model.Path, a, b any) {
			differ[p.String()] = true
			if !generated[p.String()] {
				t.Errorf("%s: %v %s: helm has %.200q, we have %.200q", label, obj.ID, p, fmt.Sprint(a), fmt.Sprint(b))
			}
		})
		for p := range generated {
			if !differ[p] && !short[p] {
				t.Errorf("%s: %v %s is listed as generated, but helm has the same", label, obj.ID, p)
			}
		}
	}
}

// unpack writes the files of an archive. The name "a -> b" is a symbolic link;
// what is below a folder named *.tgz is packed into such a file.
func unpack(t *testing.T, dir string, files []txtar.File) {
	t.Helper()
	packed := map[string][]txtar.File{}
	for _, f := range files {
		if name, rest, ok := strings.Cut(f.Name, ".tgz/"); ok {
			packed[name+".tgz"] = append(packed[name+".tgz"], txtar.File{Name: rest, Data: f.Data})
			continue
		}
		name, target, isLink := strings.Cut(f.Name, " -> ")
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if isLink {
			err = os.Symlink(target, name)
		} else {
			err = os.WriteFile(name, f.Data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range sortedKeys(packed) {
		unpack(t, dir, []txtar.File{{Name: name, Data: pack(t, packed[name])}})
	}
}

func pack(t *testing.T, files []txtar.File) []byte {
	t.Helper()
	var b bytes.Buffer
	zip := gzip.NewWriter(&b)
	w := tar.NewWriter(zip)
	for _, f := range files {
		if err := w.WriteHeader(&tar.Header{Name: f.Name, Mode: 0o644, Size: int64(len(f.Data))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(f.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
