package discover

import (
	"bytes"
	"encoding/binary"
	"path"
)

// readIndex learns from .git/index what git tracks. A pull request could add a
// manifest together with an ignore rule that hides it; git itself does not
// ignore a file once it is added, and neither may we. Without an index that
// we can read (no repository, a work tree elsewhere) the rules hold as written.
//
// The format is gitformat-index(5): a header, then entries of 62 bytes and a
// path; in versions 2 and 3 padded to 8 bytes, in version 4 with the path's
// beginning shared with the entry before.
func (f *finder) readIndex() {
	if f.tracked != nil {
		return
	}
	f.tracked = map[string]bool{}
	src, err := f.readUpTo(".git/index", 1<<30)
	if err != nil || len(src) < 12 || string(src[:4]) != "DIRC" {
		return
	}
	version, count := binary.BigEndian.Uint32(src[4:]), binary.BigEndian.Uint32(src[8:])
	name := ""
	for at := 12; count > 0 && at+62 <= len(src); count-- {
		start := at
		flags := binary.BigEndian.Uint16(src[at+60:])
		at += 62
		if version >= 3 && flags&0x4000 != 0 { // two more bytes of flags
			at += 2
		}
		prefix := ""
		if version == 4 {
			strip := 0
			for n := 0; at < len(src); n++ { // git's variable width integer
				b := src[at]
				at++
				if n > 0 {
					strip++
				}
				strip = strip<<7 | int(b&0x7f)
				if b&0x80 == 0 || n == 4 {
					break
				}
			}
			prefix = name[:max(0, len(name)-strip)]
		}
		if at >= len(src) {
			return
		}
		end := bytes.IndexByte(src[at:], 0)
		if end < 0 {
			return
		}
		name = prefix + string(src[at:at+end])
		at += end + 1
		if version < 4 {
			at = start + (at-1-start+8)&^7
		}
		for p := name; p != "." && !f.tracked[p]; p = path.Dir(p) {
			f.tracked[p] = true
		}
	}
}
