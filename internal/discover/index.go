package discover

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"path"

	"github.com/go-git/go-git/v5/plumbing/format/index"
)

const (
	// maxIndex bounds the index, in bytes: half a million files.
	maxIndex = 64 << 20
	// maxTracked bounds the files that it lists, and their folders.
	maxTracked = 2_000_000
	// maxNames bounds their names, in bytes. An index of version 4 takes the
	// beginning of a name from the one before, so that few bytes make many.
	maxNames = 4 * maxIndex
)

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
	if err == nil && !namesFit(src) {
		err = errors.New("too long names")
	}
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
		if len(f.tracked) > maxTracked {
			f.tracked, f.blind = map[string]bool{}, true
			return
		}
	}
}

// namesFit tells whether the names of an index, written out, stay within
// maxNames. What is no index fits: the decoder says so.
func namesFit(src []byte) bool {
	const head, fixed, extended = 12, 62, 0x40 // bytes, bytes of an entry, bit of its flags
	if len(src) < head || binary.BigEndian.Uint32(src[4:]) != 4 {
		return true
	}
	name, total := 0, 0
	count := binary.BigEndian.Uint32(src[8:])
	for src = src[head:]; count > 0 && len(src) >= fixed+2; count-- {
		skip := fixed
		if src[fixed-2]&extended != 0 {
			skip += 2
		}
		src = src[skip:]
		strip, n := 0, 0
		for more := true; more && n < len(src) && n < 5; n++ {
			if n > 0 {
				strip++
			}
			strip = strip<<7 + int(src[n]&0x7f)
			more = src[n]&0x80 != 0
		}
		added := bytes.IndexByte(src[n:], 0)
		if added < 0 {
			return true
		}
		src = src[n+added+1:]
		name = max(name-strip, 0) + added
		if total += name; total > maxNames {
			return false
		}
	}
	return true
}
