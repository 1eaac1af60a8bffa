package yamlpos

import (
	"encoding/base64"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// decoder turns nodes into the value Kubernetes would read: the YAML 1.1 of
// sigs.k8s.io/yaml, then its way through JSON, where 1.0 becomes the integer 1
// and integers beyond 64 bits become floating point numbers.
type decoder struct {
	doc    *Document
	limits Limits
	nodes  int
	open   map[*yaml.Node]bool // anchors being expanded
	path   []step
}

// step is a path element without the allocation of an interface value.
type step struct {
	key   string
	index int // -1 for a key
}

func (d *decoder) fail(n *yaml.Node, format string, args ...any) error {
	return &Error{d.doc.line(n), fmt.Sprintf(format, args...)}
}

func (d *decoder) value(n *yaml.Node, depth int) (any, error) {
	if d.nodes++; d.nodes > d.limits.Nodes {
		return nil, d.fail(n, "document holds more than %d values, uses of anchors counted", d.limits.Nodes)
	}
	if depth > d.limits.Depth {
		return nil, d.fail(n, "nested deeper than %d levels", d.limits.Depth)
	}
	switch n.Kind {
	case yaml.MappingNode:
		m := make(map[string]any, len(n.Content)/2)
		return m, d.mapping(n, m, depth)
	case yaml.SequenceNode:
		s := make([]any, len(n.Content))
		for i, c := range n.Content {
			d.path = append(d.path, step{index: i})
			v, err := d.value(c, depth+1)
			d.path = d.path[:len(d.path)-1]
			if err != nil {
				return nil, err
			}
			s[i] = v
		}
		return s, nil
	case yaml.AliasNode:
		var v any
		err := d.expand(n, func(target *yaml.Node) (err error) {
			v, err = d.value(target, depth+1)
			return err
		})
		return v, err
	}
	return d.scalar(n)
}

// expand calls f with the node an alias stands for.
func (d *decoder) expand(alias *yaml.Node, f func(*yaml.Node) error) error {
	if d.open[alias.Alias] {
		return d.fail(alias, "anchor %q contains itself", alias.Value)
	}
	if d.open == nil {
		d.open = map[*yaml.Node]bool{}
	}
	d.open[alias.Alias] = true
	defer delete(d.open, alias.Alias)
	return f(alias.Alias)
}

// mapping adds the pairs of n to m. Merge keys take effect where they stand:
// they override what is above them and give way to what is below.
func (d *decoder) mapping(n *yaml.Node, m map[string]any, depth int) error {
	merges := hasMerge(n)
	var written map[string]bool // needed only where merging fills m too
	if merges || len(m) > 0 {
		written = make(map[string]bool, len(n.Content)/2)
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		if merges && isMerge(k) {
			if err := d.merge(v, m, depth); err != nil {
				return err
			}
			continue
		}
		key, err := d.key(k)
		if err != nil {
			return err
		}
		_, twice := m[key]
		if written != nil {
			twice = written[key]
			written[key] = true
		}
		d.path = append(d.path, step{key: key, index: -1})
		if twice && len(d.open) == 0 {
			d.doc.Duplicates = append(d.doc.Duplicates, Duplicate{Path: d.currentPath(), Line: d.doc.line(k)})
		}
		val, err := d.value(v, depth+1)
		d.path = d.path[:len(d.path)-1]
		if err != nil {
			return err
		}
		m[key] = val
	}
	return nil
}

func (d *decoder) currentPath() []any {
	p := make([]any, len(d.path))
	for i, s := range d.path {
		if p[i] = s.index; s.index < 0 {
			p[i] = s.key
		}
	}
	return p
}

func isMerge(k *yaml.Node) bool {
	return k.Kind == yaml.ScalarNode && k.Tag == "!!merge" && k.Value == "<<"
}

func hasMerge(n *yaml.Node) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if isMerge(n.Content[i]) {
			return true
		}
	}
	return false
}

func (d *decoder) merge(n *yaml.Node, m map[string]any, depth int) error {
	one := func(n *yaml.Node) error {
		if d.nodes++; d.nodes > d.limits.Nodes {
			return d.fail(n, "document holds more than %d values, uses of anchors counted", d.limits.Nodes)
		}
		switch {
		case n.Kind == yaml.MappingNode:
			return d.mapping(n, m, depth)
		case n.Kind == yaml.AliasNode && n.Alias.Kind == yaml.MappingNode:
			return d.expand(n, func(target *yaml.Node) error { return d.mapping(target, m, depth) })
		}
		return d.fail(n, "a merge key needs a mapping or a list of mappings")
	}
	if n.Kind != yaml.SequenceNode {
		return one(n)
	}
	for i := len(n.Content) - 1; i >= 0; i-- { // the first of the list wins
		if err := one(n.Content[i]); err != nil {
			return err
		}
	}
	return nil
}

// key is the string a mapping key has in JSON.
func (d *decoder) key(n *yaml.Node) (string, error) {
	if d.nodes++; d.nodes > d.limits.Nodes {
		return "", d.fail(n, "document holds more than %d values, uses of anchors counted", d.limits.Nodes)
	}
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Kind != yaml.ScalarNode {
		return "", d.fail(n, "a mapping key must be a scalar")
	}
	v, err := d.scalarYAML(n)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case string:
		return v, nil
	case bool:
		return strconv.FormatBool(v), nil
	case int64:
		return strconv.FormatInt(v, 10), nil
	case float64:
		switch s := strconv.FormatFloat(v, 'g', -1, 32); s {
		case "+Inf":
			return ".inf", nil
		case "-Inf":
			return "-.inf", nil
		case "NaN":
			return ".nan", nil
		default:
			return s, nil
		}
	}
	return "", d.fail(n, "%q cannot be a mapping key", n.Value)
}

// scalar is the value after its way through JSON.
func (d *decoder) scalar(n *yaml.Node) (any, error) {
	v, err := d.scalarYAML(n)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case uint64:
		return float64(v), nil
	case float64:
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, d.fail(n, "%q has no JSON form", n.Value)
		}
		// JSON writes 1.0 as 1, and up to 1e21 without an exponent.
		if v == math.Trunc(v) && math.Abs(v) < 1e21 {
			if i, err := strconv.ParseInt(strconv.FormatFloat(v, 'f', -1, 64), 10, 64); err == nil {
				return i, nil
			}
		}
	}
	return v, nil
}

// scalarYAML is the value YAML 1.1 gives a scalar: nil, bool, int64, uint64
// (above the range of int64), float64 or string. The node's tag was worked
// out by the library under YAML 1.2, which reads booleans differently.
func (d *decoder) scalarYAML(n *yaml.Node) (any, error) {
	s := n.Value
	if n.Style&yaml.TaggedStyle != 0 {
		return d.tagged(n)
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return s, nil
	}
	if d.doc.text.bareTag && d.doc.bareTagged(n) {
		return s, nil
	}
	switch n.Tag {
	case "!!str":
		if b, ok := oldBool(s); ok {
			return b, nil
		}
		return s, nil
	case "!!null":
		return nil, nil
	case "!!bool":
		return s[0] == 't' || s[0] == 'T', nil
	case "!!int", "!!float":
		if v, ok := number(s); ok {
			return v, nil
		}
	}
	return s, nil // timestamps stay text
}

// oldBool reads the booleans YAML 1.2 dropped.
func oldBool(s string) (value, ok bool) {
	switch s {
	case "y", "Y", "yes", "Yes", "YES", "on", "On", "ON":
		return true, true
	case "n", "N", "no", "No", "NO", "off", "Off", "OFF":
		return false, true
	}
	return false, false
}

var decimalFloat = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

// number reads an integer (0x1F, 0400, 0b11, 1_000) or a float. The order of
// the attempts is the library's: 0400 is octal, 08 is the float 8.
func number(s string) (any, bool) {
	switch strings.ToLower(s) {
	case ".inf", "+.inf":
		return math.Inf(1), true
	case "-.inf":
		return math.Inf(-1), true
	case ".nan":
		return math.NaN(), true
	}
	if s == "" {
		return nil, false
	}
	if s[0] == '.' {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f, true
		}
		return nil, false
	}
	if c := s[0]; c != '+' && c != '-' && (c < '0' || c > '9') {
		return nil, false
	}
	plain := strings.ReplaceAll(s, "_", "")
	if i, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return i, true
	}
	if u, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return u, true
	}
	if decimalFloat.MatchString(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return f, true
		}
	}
	// "0b-1" and "-0b+1" are numbers to the library.
	if rest, ok := strings.CutPrefix(plain, "0b"); ok {
		if i, err := strconv.ParseInt(rest, 2, 64); err == nil {
			return i, true
		}
	} else if rest, ok := strings.CutPrefix(plain, "-0b"); ok {
		if i, err := strconv.ParseInt("-"+rest, 2, 64); err == nil {
			return i, true
		}
	}
	return nil, false
}

// tagged reads a scalar with an explicit tag. Unknown tags leave it a string.
func (d *decoder) tagged(n *yaml.Node) (any, error) {
	s := n.Value
	mismatch := func() (any, error) { return nil, d.fail(n, "cannot read %q as %s", s, n.Tag) }
	switch n.Tag {
	case "!!binary":
		b, err := base64.StdEncoding.DecodeString(s)
		if err != nil {
			return nil, d.fail(n, "!!binary value is not valid base64")
		}
		return string([]rune(string(b))), nil // JSON strings hold no invalid UTF-8
	case "!!bool":
		switch s {
		case "true", "True", "TRUE":
			return true, nil
		case "false", "False", "FALSE":
			return false, nil
		}
		if b, ok := oldBool(s); ok {
			return b, nil
		}
		return mismatch()
	case "!!null":
		switch s {
		case "", "~", "null", "Null", "NULL":
			return nil, nil
		}
		return mismatch()
	case "!!int":
		switch v, _ := number(s); v := v.(type) {
		case int64, uint64:
			return v, nil
		}
		return mismatch()
	case "!!float":
		switch v, _ := number(s); v := v.(type) {
		case int64:
			return float64(v), nil
		case float64:
			return v, nil
		}
		return mismatch()
	case "!!timestamp":
		if !isTimestamp(n) {
			return mismatch()
		}
	}
	return s, nil
}

// isTimestamp asks the library, the only one to know its formats.
func isTimestamp(n *yaml.Node) bool {
	plain := yaml.Node{Kind: yaml.ScalarNode, Value: n.Value}
	return plain.ShortTag() == "!!timestamp"
}
