package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Limits bound what a repository may cost. A zero field stands for the
// default, which the parts of the program that hold to a limit know.
type Limits struct {
	Timeout       Duration `yaml:"timeout"`        // of rendering one chart or kustomization, and of each question about its lines
	Memory        Size     `yaml:"memory"`         // of rendering one chart or kustomization
	Output        Size     `yaml:"output"`         // of what one chart or kustomization renders to
	File          Size     `yaml:"file"`           // of a file that is read
	Archive       Size     `yaml:"archive"`        // of a packed chart, unpacked
	Total         Duration `yaml:"total"`          // of rendering and judging everything
	Documents     int      `yaml:"documents"`      // in one file
	Values        int      `yaml:"values"`         // in one file, uses of anchors counted
	PolicyTimeout Duration `yaml:"policy-timeout"` // of one of the user's rules, over the objects of one rendering
	PolicySteps   int      `yaml:"policy-steps"`   // of one of the user's rules, about one object
}

// ceilings are the most that a configuration may ask for which the author of a
// change writes: four times the defaults. Whoever calls the program may go
// beyond.
var ceilings = []struct {
	key   string
	value func(Limits) int64
	most  int64
	text  string
}{
	{"timeout", func(l Limits) int64 { return int64(l.Timeout) }, int64(4 * time.Minute), "4m"},
	{"total", func(l Limits) int64 { return int64(l.Total) }, int64(2 * time.Hour), "2h"},
	{"memory", func(l Limits) int64 { return int64(l.Memory) }, 4 << 30, "4GiB"},
	{"output", func(l Limits) int64 { return int64(l.Output) }, 256 << 20, "256MiB"},
	{"file", func(l Limits) int64 { return int64(l.File) }, 40 << 20, "40MiB"},
	{"archive", func(l Limits) int64 { return int64(l.Archive) }, 400 << 20, "400MiB"},
	{"documents", func(l Limits) int64 { return int64(l.Documents) }, 40_000, "40000"},
	{"values", func(l Limits) int64 { return int64(l.Values) }, 4_000_000, "4000000"},
	{"policy-timeout", func(l Limits) int64 { return int64(l.PolicyTimeout) }, int64(40 * time.Second), "40s"},
	{"policy-steps", func(l Limits) int64 { return int64(l.PolicySteps) }, 20_000_000, "20000000"},
}

// CheckCeilings reports the first limit that is higher than the tree itself may
// set it.
func (f *File) CheckCeilings() error {
	for _, c := range ceilings {
		if c.value(f.Limits) > c.most {
			return &Error{File: f.Source, Line: f.limitLines[c.key], Message: fmt.Sprintf(
				"limits: %s is above %s, the most that the tree may ask for: give the file with --config to allow more", c.key, c.text)}
		}
	}
	return nil
}

// Duration is a time like 90s or 2m, at most maxDuration.
type Duration time.Duration

// maxDuration keeps a configuration from making a limit none.
const maxDuration = 24 * time.Hour

// UnmarshalYAML reads what time.ParseDuration reads.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 || v > maxDuration {
		return fmt.Errorf("line %d: %q is not a duration like 90s or 2m, of at most 24h", n.Line, n.Value)
	}
	*d = Duration(v)
	return nil
}

// Size is a number of bytes like 10MiB.
type Size int64

var sizeText = regexp.MustCompile(`^(\d+) ?(|[KMG]i?B?)$`)

// ParseSize reads a number of bytes: 10MiB, 10M and 10MB are the same.
func ParseSize(text string) (Size, error) {
	m := sizeText.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is not a size like 512MiB or 2GiB", text)
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	shift := 10 * (1 + strings.Index("KMG", m[2][:min(1, len(m[2]))]))
	if m[2] == "" {
		shift = 0
	}
	if err != nil || n == 0 || n > 1<<40>>shift {
		return 0, fmt.Errorf("%q is out of range: from 1 byte to 1024 GiB", text)
	}
	return Size(n << shift), nil
}

// UnmarshalYAML reads what ParseSize reads.
func (s *Size) UnmarshalYAML(n *yaml.Node) error {
	v, err := ParseSize(n.Value)
	if err != nil {
		return fmt.Errorf("line %d: %w", n.Line, err)
	}
	*s = v
	return nil
}
