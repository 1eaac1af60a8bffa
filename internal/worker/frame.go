package worker

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"

	"github.com/fxamacker/cbor/v2"
)

// What parent and worker say to each other: frames of a length (4 bytes, big
// endian) and a CBOR text. CBOR and not JSON, because whole numbers, fractions
// and bytes that are no UTF-8 have to arrive as what they were. An answer is
// two frames, a status before it.

// maxQuestion bounds what a worker is asked, in bytes.
const maxQuestion = 256 << 20

// limits is the first question to a worker.
type limits struct {
	Memory int64
	Answer int
}

// status goes before an answer.
type status struct {
	Heap     uint64 // bytes the worker holds now
	TooLarge int    // bytes of an answer above the limit, which does not follow; else 0
}

var (
	encoding = must(cbor.EncOptions{}.EncMode())
	decoding = must(cbor.DecOptions{
		IntDec:           cbor.IntDecConvertSignedOrFail,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
		UTF8:             cbor.UTF8DecodeInvalid,
		MaxNestedLevels:  65535,
		MaxArrayElements: 1<<31 - 1,
		MaxMapPairs:      1<<31 - 1,
	}.DecMode())
)

// must is for options that are constants.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// TooLarge is a question or an answer above the limit.
type TooLarge struct{ Size, Limit int }

func (e TooLarge) Error() string {
	return fmt.Sprintf("the result is %s large, more than the limit of %s", ByteSize(int64(e.Size)), ByteSize(int64(e.Limit)))
}

// send writes one frame of up to limit bytes.
func send(w io.Writer, v any, limit int) error {
	body, err := encoding.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > limit {
		return TooLarge{len(body), limit}
	}
	return write(w, body)
}

// write writes a frame.
func write(w io.Writer, body []byte) error {
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	_, err := w.Write(append(frame, body...))
	return err
}

// receive reads one frame of up to limit bytes.
func receive(r *bufio.Reader, v any, limit int) error {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	size := int(binary.BigEndian.Uint32(head[:]))
	if size > limit {
		return TooLarge{size, limit}
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	return decoding.Unmarshal(body, v)
}

// ByteSize prints a number of bytes as people say it: 1 GiB, 64 MiB.
func ByteSize(n int64) string {
	for _, u := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		if n >= u.size {
			if n%u.size == 0 {
				return fmt.Sprintf("%d %s", n/u.size, u.name)
			}
			return fmt.Sprintf("%.1f %s", float64(n)/float64(u.size), u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
