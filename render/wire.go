package render

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/fxamacker/cbor/v2"

	"github.com/sekisho/sekisho/internal/model"
)

// What parent and worker say to each other: frames of a length (4 bytes, big
// endian) and a CBOR text. CBOR and not JSON, because whole numbers, fractions
// and bytes that are no UTF-8 have to arrive as what they were.

// The questions a worker answers.
const (
	opRender   = "render"   // a unit; the worker keeps it under its number
	opLocate   = "locate"   // a field of an object of a kept unit
	opLines    = "lines"    // of a kept unit's manifest
	opDefaults = "defaults" // the values of a kept unit's chart
	opForget   = "forget"   // all kept units
	opExamine  = "examine"  // why a unit cannot be rendered
)

// greeting is the first frame a worker gets. It answers with an empty reply.
type greeting struct {
	Dir         string
	Overlay     string // "" for none
	KubeVersion string
	Limits      Limits
}

type request struct {
	Op     string
	Number int // of the unit
	Unit   *wireUnit
	Object int // of the unit's objects
	Path   model.Path
	Time   time.Duration // for examine
}

type reply struct {
	Objects  []wireObject
	Failures []model.Failure
	Manifest []byte
	Trace    *model.Trace
	Lines    []model.Location
	Defaults map[string]any
	Heap     uint64 // bytes the worker holds now
}

// wireUnit is a model.Unit without the tags that keep fields out of JSON.
type wireUnit struct {
	Kind      model.Kind
	Path      string
	Variant   string
	Release   string
	Namespace string
	Values    []string
	Set       map[string]string
	SetFile   string
}

// wireObject is a model.Object whose functions stay with the worker.
type wireObject struct {
	ID        model.ObjectID
	Value     map[string]any
	Generated []model.Path
	Duplicate []model.DuplicateKey
	Defaults  bool
	Generator map[string]model.GeneratorEntry
}

// wired strips a rendering of what cannot travel.
func wired(r *model.Rendered) reply {
	out := reply{Failures: r.Failures, Manifest: r.Manifest, Objects: make([]wireObject, len(r.Objects))}
	for i, o := range r.Objects {
		out.Objects[i] = wireObject{o.ID, o.Value, o.Generated, o.Duplicate, o.Defaults != nil, o.Generator}
	}
	return out
}

// object is the model's form again, still without functions.
func (w *wireObject) object() model.Object {
	for i := range w.Generated {
		indices(w.Generated[i])
	}
	for i := range w.Duplicate {
		indices(w.Duplicate[i].Path)
	}
	return model.Object{ID: w.ID, Value: w.Value, Generated: w.Generated, Duplicate: w.Duplicate, Generator: w.Generator}
}

// indices turns a path's numbers back into int.
func indices(p model.Path) model.Path {
	for i, e := range p {
		if n, ok := e.(int64); ok {
			p[i] = int(n)
		}
	}
	return p
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

// errTooLarge is a frame above the limit.
type errTooLarge struct{ size, limit int }

func (e errTooLarge) Error() string {
	return fmt.Sprintf("the result is %s large, more than the limit of %s", byteSize(int64(e.size)), byteSize(int64(e.limit)))
}

// send writes one frame of up to limit bytes.
func send(w io.Writer, v any, limit int) error {
	body, err := encoding.Marshal(v)
	if err != nil {
		return err
	}
	if len(body) > limit {
		return errTooLarge{len(body), limit}
	}
	frame := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(body)), uint32(len(body)))
	_, err = w.Write(append(frame, body...))
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
		return errTooLarge{size, limit}
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return err
	}
	return decoding.Unmarshal(body, v)
}

// byteSize prints a number of bytes as people say it: 1 GiB, 64 MiB.
func byteSize(n int64) string {
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
