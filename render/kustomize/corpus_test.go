package kustomize

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/kustomize/api/konfig"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

type refuse struct{}

func (refuse) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no network in tests")
}

// TestMain takes the network away from the stock library, which has no option
// to refuse it. Tests that feed it git bases empty PATH besides.
func TestMain(m *testing.M) {
	http.DefaultTransport = refuse{}
	os.Exit(m.Run())
}

// stock is what `kustomize build` prints.
func stock(dir string) ([]byte, error) {
	building.Lock()
	defer building.Unlock()
	defer silence()()
	rm, err := krusty.MakeKustomizer(&krusty.Options{
		Reorder:          krusty.ReorderOptionUnspecified,
		LoadRestrictions: types.LoadRestrictionsRootOnly,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(filesys.MakeFsOnDisk(), dir)
	if err != nil {
		return nil, err
	}
	return rm.AsYaml()
}

// kustomizations lists the folders of a collection that hold one.
func kustomizations(t testing.TB, fsys fs.FS) []string {
	var dirs []string
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		for _, name := range konfig.RecognizedKustomizationFileNames() {
			if err == nil && d.Name() == name {
				dirs = append(dirs, path.Dir(p))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dirs
}

func TestCorpusEqualsStock(t *testing.T) {
	dir, err := filepath.EvalSymlinks(corpus.Dir(t, "kubeflow"))
	if err != nil {
		t.Fatal(err)
	}
	corpus.Long(t)
	t.Setenv("PATH", "") // no git
	fsys := os.DirFS(dir)
	var equal int
	var failing []string
	for _, d := range kustomizations(t, fsys) {
		want, err := stock(filepath.Join(dir, d))
		got := Render(context.Background(), fsys, model.Unit{Kind: model.Kustomize, Path: d}, Options{})
		switch {
		case err != nil && len(got.Failures) == 0:
			t.Errorf("%s: stock fails: %v", d, err)
		case err == nil && len(got.Failures) > 0:
			t.Errorf("%s: stock builds, we do not: %v", d, got.Failures)
		case err == nil && string(want) != string(got.Manifest):
			t.Errorf("%s: manifests differ", d)
		case err == nil:
			equal++
		default:
			f := got.Failures[0]
			failing = append(failing, fmt.Sprintf("%s: %s:%d: %s", d, f.File, f.Line, f.Message))
		}
	}
	golden(t, "corpus.golden", fmt.Sprintf("%d kustomizations are byte for byte what kustomize build prints. %d fail there too:\n%s\n",
		equal, len(failing), strings.Join(failing, "\n")))
}
