package kustomize

import (
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// lines gives the source of each line of the manifest: of the deepest field
// that begins there. The inner lines of long strings are those of the string.
func (v *provenance) lines(manifest []byte) []model.Location {
	v.mu.Lock()
	defer v.mu.Unlock()
	docs, err := yamlpos.Parse(manifest)
	if err != nil || len(docs) != len(v.objects) {
		return nil
	}
	var locs []model.Location
	for i, doc := range docs {
		for len(locs) < doc.StartLine-1 {
			locs = append(locs, model.Location{})
		}
		for line := doc.StartLine; line <= doc.EndLine; line++ {
			p, ok := doc.PathAt(line)
			switch {
			case ok:
				locs = append(locs, v.tree.home(v.trace(i, p).Location))
			case line == doc.StartLine: // "---"
				locs = append(locs, model.Location{})
			default:
				locs = append(locs, locs[len(locs)-1])
			}
		}
	}
	return locs
}
