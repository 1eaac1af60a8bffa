package shadow

import "time"

// Limits bound what rendering may cost. A stranger wrote the chart.
type Limits struct {
	Time    time.Duration // of one render
	Steps   int           // actions and texts executed in one render
	Output  int           // bytes printed in one render, and the longest string
	Depth   int           // of templates that call each other
	Numbers int           // how long a list until, untilStep and seq may make
}

// DefaultLimits are far above any chart we met: the largest prints 2 MB in
// 200,000 steps.
var DefaultLimits = Limits{
	Time:    30 * time.Second,
	Steps:   20_000_000,
	Output:  64 << 20,
	Depth:   1000,
	Numbers: 100_000,
}

func (l Limits) orDefault() Limits {
	d := DefaultLimits
	if l.Time > 0 {
		d.Time = l.Time
	}
	if l.Steps > 0 {
		d.Steps = l.Steps
	}
	if l.Output > 0 {
		d.Output = l.Output
	}
	if l.Depth > 0 {
		d.Depth = l.Depth
	}
	if l.Numbers > 0 {
		d.Numbers = l.Numbers
	}
	return d
}
