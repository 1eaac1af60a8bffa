package render

import (
	"cmp"
	"time"

	"github.com/sekisho/sekisho/internal/repofs"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// Limits bound what one unit may cost. A stranger wrote it.
type Limits struct {
	Time   time.Duration // of rendering it, and of each question about it
	Memory int64         // bytes of the process that renders it
	Output int           // bytes of what it renders to

	File      int64 // bytes of a file that is read
	Archive   int64 // bytes of a chart and of a packed chart, unpacked
	Documents int   // in a manifest
	Values    int   // in a manifest, uses of anchors counted
}

// DefaultLimits are far above any chart we met: the largest render in seconds
// to a few MiB.
var DefaultLimits = Limits{
	Time: 60 * time.Second, Memory: 1 << 30, Output: 64 << 20,
	File: repofs.DefaultFile, Archive: 100 << 20, Documents: yamlpos.DefaultLimits.Documents, Values: yamlpos.DefaultLimits.Nodes,
}

// OrDefault replaces zero fields by those of DefaultLimits.
func (l Limits) OrDefault() Limits {
	d := DefaultLimits
	return Limits{
		Time:      cmp.Or(l.Time, d.Time),
		Memory:    cmp.Or(l.Memory, d.Memory),
		Output:    cmp.Or(l.Output, d.Output),
		File:      cmp.Or(l.File, d.File),
		Archive:   cmp.Or(l.Archive, d.Archive),
		Documents: cmp.Or(l.Documents, d.Documents),
		Values:    cmp.Or(l.Values, d.Values),
	}
}

// text are the limits of a manifest.
func (l Limits) text() yamlpos.Limits {
	t := yamlpos.DefaultLimits
	t.Bytes, t.Documents, t.Nodes = int(l.File), l.Documents, l.Values
	return t
}
