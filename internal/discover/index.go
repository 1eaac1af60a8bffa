package discover

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"path"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

// maxIndex bounds the index: some millions of files.
const maxIndex = 256 << 20

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
// ignore a file once it is added, and neither may we. Outside of a repository
// the rules hold as written; where there is an index that cannot be read, they
// hide nothing.
func (f *finder) readIndex() {
	if f.tracked != nil {
		return
	}
	f.tracked = map[string]bool{}
	src, err := readUpTo(f.root, ".git/index", maxIndex)
	if err != nil && f.index != nil {
		src, err = f.elsewhere()
	}
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	var idx index.Index
	if err == nil {
		err = index.NewDecoder(bytes.NewReader(src)).Decode(&idx)
	}
	if err != nil {
		f.blind = true
		return
	}
	for _, e := range idx.Entries {
		for p := path.Clean(e.Name); p != "." && p != "/" && !f.tracked[p]; p = path.Dir(p) {
			f.tracked[p] = true
		}
	}
}
