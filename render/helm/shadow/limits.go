package shadow

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"time"
)

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

// cap replaces the functions that can make much out of little.
func (l Limits) cap(m template.FuncMap) {
	until, untilStep := m["until"].(func(int) []int), m["untilStep"].(func(int, int, int) []int)
	seq := m["seq"].(func(...int) string)
	count := func(what string, n int) error {
		if n > l.Numbers || n < -l.Numbers {
			return fmt.Errorf("%s makes more than %d numbers", what, l.Numbers)
		}
		return nil
	}
	size := func(what string, n int) error {
		if n > l.Output || n < 0 {
			return fmt.Errorf("%s makes a text of more than %d bytes", what, l.Output)
		}
		return nil
	}
	steps := func(from, to, step int) int {
		if step == 0 {
			return 0
		}
		return (to - from) / step
	}
	m["until"] = func(n int) ([]int, error) {
		if err := count("until", n); err != nil {
			return nil, err
		}
		return until(n), nil
	}
	m["untilStep"] = func(from, to, step int) ([]int, error) {
		// Counting down by 0 never ends.
		if err := count("untilStep", steps(from, to, step)); err != nil || step == 0 {
			return []int{}, err
		}
		return untilStep(from, to, step), nil
	}
	m["seq"] = func(params ...int) (string, error) {
		n := 0
		switch len(params) {
		case 1:
			n = params[0]
		case 2:
			n = params[1] - params[0]
		case 3:
			n = steps(params[0], params[2], params[1])
		}
		if err := count("seq", n); err != nil {
			return "", err
		}
		return seq(params...), nil
	}
	m["repeat"] = func(n int, s string) (string, error) {
		if n < 0 {
			return "", errors.New("repeat: negative count")
		}
		if n > 0 && len(s) > l.Output/n {
			return "", size("repeat", l.Output+1)
		}
		return strings.Repeat(s, n), nil
	}
	indent := func(name string) func(int, string) (string, error) {
		f := m[name].(func(int, string) string)
		return func(n int, s string) (string, error) {
			if n < 0 {
				return "", fmt.Errorf("%s: negative count", name)
			}
			if lines := 1 + strings.Count(s, "\n"); n > l.Output/lines {
				return "", size(name, l.Output+1)
			}
			return f(n, s), nil
		}
	}
	m["indent"], m["nindent"] = indent("indent"), indent("nindent")
	m["replace"] = func(from, to, s string) (string, error) {
		if n := strings.Count(s, from); len(to) > 0 && n > l.Output/len(to) {
			return "", size("replace", l.Output+1)
		}
		return strings.ReplaceAll(s, from, to), nil
	}
	m["printf"] = func(format string, args ...any) (string, error) {
		if n := widest(format); n > l.Output {
			return "", size("printf", n)
		}
		return fmt.Sprintf(format, args...), nil
	}
}

// widest is the largest number in a format: %1000000d pads to as many bytes.
func widest(format string) int {
	most := 0
	for i := 0; i < len(format); {
		n := 0
		for n < len(format)-i && format[i+n] >= '0' && format[i+n] <= '9' {
			n++
		}
		if width, err := strconv.Atoi(format[i : i+n]); n > 0 {
			if err != nil {
				return 1<<31 - 1
			}
			most = max(most, width)
		}
		i += n + 1
	}
	return most
}
