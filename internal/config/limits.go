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
	Documents     int      `yaml:"documents"`      // in one file
	Values        int      `yaml:"values"`         // in one file, uses of anchors counted
	PolicyTimeout Duration `yaml:"policy-timeout"` // of one of the user's rules, over the objects of one rendering
	PolicySteps   int      `yaml:"policy-steps"`   // of one of the user's rules, about one object
}

// Duration is a time like 90s or 2m, at most maxDuration.
type Duration time.Duration

// maxDuration keeps a configuration from making a limit none.
const maxDuration = 10 * time.Minute

// UnmarshalYAML reads what time.ParseDuration reads.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	v, err := time.ParseDuration(n.Value)
	if err != nil || v <= 0 || v > maxDuration {
		return fmt.Errorf("line %d: %q is not a duration like 90s or 2m, of at most 10m", n.Line, n.Value)
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
