package invent

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/template"
)

// What the functions of a render may make, unless Bound says otherwise.
const (
	maxNumbers = 100_000  // of a list
	maxText    = 64 << 20 // bytes
)

// Bound replaces the functions that can make much out of little: lists of more
// than so many numbers and texts of more than so many bytes are errors.
func Bound(m template.FuncMap, numbers, output int) {
	until, untilStep := stock["until"].(func(int) []int), stock["untilStep"].(func(int, int, int) []int)
	seq := stock["seq"].(func(...int) string)
	count := func(what string, n int) error {
		if n > numbers || n < -numbers {
			return fmt.Errorf("%s makes more than %d numbers", what, numbers)
		}
		return nil
	}
	size := func(what string, n int) error {
		if n > output || n < 0 {
			return fmt.Errorf("%s makes a text of more than %d bytes", what, output)
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
		if n > 0 && len(s) > output/n {
			return "", size("repeat", output+1)
		}
		return strings.Repeat(s, n), nil
	}
	indent := func(name string) func(int, string) (string, error) {
		f := stock[name].(func(int, string) string)
		return func(n int, s string) (string, error) {
			if n < 0 {
				return "", fmt.Errorf("%s: negative count", name)
			}
			if lines := 1 + strings.Count(s, "\n"); n > output/lines {
				return "", size(name, output+1)
			}
			return f(n, s), nil
		}
	}
	m["indent"], m["nindent"] = indent("indent"), indent("nindent")
	m["replace"] = func(from, to, s string) (string, error) {
		if swells(from, to, s, output) {
			return "", size("replace", output+1)
		}
		return strings.ReplaceAll(s, from, to), nil
	}
	m["printf"] = func(format string, args ...any) (string, error) {
		if n := widest(format); n > output {
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

// swells tells whether replacing makes a text of more than so many bytes.
func swells(from, to, s string, output int) bool {
	return len(to) > 0 && strings.Count(s, from) > output/len(to)
}

// mustFit stops a template from within a function that returns no error: the
// template package turns a panic of a function into one.
func mustFit(function string, fits bool) {
	if !fits {
		panic(fmt.Errorf("%s makes a text of more than %d bytes", function, maxText))
	}
}
