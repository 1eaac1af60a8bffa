package helm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sekisho/sekisho/internal/corpus"
	"github.com/sekisho/sekisho/internal/model"
)

// TestCorpus renders public collections with stock Helm and with this package.
// Each object must be equal except for the fields listed as generated, and
// those must really be invented: they differ from one run of Helm to the next.
func TestCorpus(t *testing.T) {
	corpus.Long(t)
	quiet(t)
	for _, name := range []string{"bitnami", "prom"} {
		t.Run(name, func(t *testing.T) {
			root := corpus.Dir(t, name)
			fsys := rootFS(t, root)
			var c counts
			var stockTime, ourTime time.Duration
			for _, unit := range charts(t, root) {
				start := time.Now()
				want, err := stock(root, unit, DefaultKubeVersion())
				stockTime += time.Since(start)
				start = time.Now()
				got := Render(t.Context(), fsys, unit, Options{})
				ourTime += time.Since(start)
				c.add(t, unit, want, err, got)
			}
			t.Logf("stock %v, ours %v, ratio %.2f", stockTime, ourTime, float64(ourTime)/float64(stockTime))
			golden(t, filepath.Join("testdata", "corpus-"+name+".golden"), c.String())
		})
	}
}

// counts is the outcome of a comparison.
type counts struct{ variants, fail, objects, generated int }

func (c counts) String() string {
	return fmt.Sprintf("variants %d\nfailing in both %d\nobjects %d\ngenerated fields %d\n", c.variants, c.fail, c.objects, c.generated)
}

func (c *counts) add(t *testing.T, unit model.Unit, want string, wantErr error, got *model.Rendered) {
	t.Helper()
	c.variants++
	label := unit.Path + " " + unit.Variant
	if wantErr != nil || len(got.Failures) > 0 {
		c.fail++
		if (wantErr != nil) != (len(got.Failures) > 0) {
			t.Errorf("%s: helm says %v, failures are %v", label, wantErr, got.Failures)
		}
		return
	}
	compare(t, got, want)
	c.objects += len(got.Objects)
	generated := 0
	for _, obj := range got.Objects {
		generated += len(obj.Generated)
	}
	c.generated += generated
	if generated == 0 && string(got.Manifest) != want {
		t.Errorf("%s: the objects are equal, the text is not", label)
	}
}

// golden compares text with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if string(want) != got {
		t.Errorf("%s differs:\n%s\nwant:\n%s\nto accept: go test ./render/helm -run '%s' -update", name, got, strings.TrimSpace(string(want)), t.Name())
	}
}
