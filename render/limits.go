package render

import "time"

// Limits bound what one unit may cost. A stranger wrote it.
type Limits struct {
	Time   time.Duration // of rendering it, and of each question about it
	Memory int64         // bytes of the process that renders it
	Output int           // bytes of what it renders to
}

// DefaultLimits are far above any chart we met: the largest render in seconds
// to a few MiB.
var DefaultLimits = Limits{Time: 60 * time.Second, Memory: 1 << 30, Output: 64 << 20}

// maxRequest bounds what a worker is asked.
const maxRequest = 16 << 20

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	if l.Time > 0 {
		d.Time = l.Time
	}
	if l.Memory > 0 {
		d.Memory = l.Memory
	}
	if l.Output > 0 {
		d.Output = l.Output
	}
	return d
}
