package discover

import (
	"bytes"
	"path"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// readIndex learns from .git/index what git tracks. A pull request could add a
// manifest together with an ignore rule that hides it; git itself does not
// ignore a file once it is added, and neither may we. Without an index that
// can be read (no repository, a work tree elsewhere) the rules hold as written.
func (f *finder) readIndex() {
	if f.tracked != nil {
		return
	}
	f.tracked = map[string]bool{}
	src, err := f.readUpTo(".git/index", 1<<30)
	if err != nil {
		return
	}
	var idx index.Index
	if err := index.NewDecoder(bytes.NewReader(src)).Decode(&idx); err != nil {
		return
	}
	for _, e := range idx.Entries {
		for p := path.Clean(e.Name); p != "." && p != "/" && !f.tracked[p]; p = path.Dir(p) {
			f.tracked[p] = true
		}
	}
}
