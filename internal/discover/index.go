package discover

import (
	"bytes"
	"io"
	"path"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// maxIndex bounds the index: git keeps about 100 bytes for a file.
const maxIndex = 1 << 30

// elsewhere reads the index of a work tree whose .git is a file.
func (f *finder) elsewhere() ([]byte, error) {
	file, err := f.index()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxIndex))
}

// readIndex learns from .git/index what git tracks. A pull request could add a
// manifest together with an ignore rule that hides it; git itself does not
// ignore a file once it is added, and neither may we. Without an index that
// can be read (no repository) the rules hold as written.
func (f *finder) readIndex() {
	if f.tracked != nil {
		return
	}
	f.tracked = map[string]bool{}
	src, err := f.readUpTo(".git/index", maxIndex)
	if err != nil && f.index != nil {
		src, err = f.elsewhere()
	}
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
