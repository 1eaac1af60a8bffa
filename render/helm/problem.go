package helm

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// problem is an error at a place; it becomes a model.Failure.
type problem struct {
	file    string
	line    int // 0 when unknown
	message string
	need    *model.Need // that would have to be met
}

func (p *problem) Error() string { return p.message }

// problems takes joined errors apart. One without a place is laid at the
// chart's door.
func problems(err error, dir string) []*problem {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*problem
		for _, e := range joined.Unwrap() {
			out = append(out, problems(e, dir)...)
		}
		return out
	}
	var p *problem
	if errors.As(err, &p) {
		return []*problem{p}
	}
	return []*problem{{file: joinPath(dir, "Chart.yaml"), message: "render chart: " + err.Error()}}
}

// sorted joins errors in the order of their places.
func sorted(errs []error) error {
	slices.SortFunc(errs, func(a, b error) int {
		var p, q *problem
		if errors.As(a, &p) && errors.As(b, &q) {
			return cmp.Or(cmp.Compare(p.file, q.file), cmp.Compare(p.line, q.line), cmp.Compare(p.message, q.message))
		}
		return cmp.Compare(a.Error(), b.Error())
	})
	return errors.Join(errs...)
}

var loadError = regexp.MustCompile(`^cannot load (\S+): ((?s).*)$`)

// loadFault finds the file that Helm could not load.
func loadFault(err error, files []file, packed string) error {
	if packed != "" {
		return &problem{file: packed, message: "load packed chart: " + err.Error()}
	}
	if m := loadError.FindStringSubmatch(err.Error()); m != nil {
		for _, f := range files {
			if f.name == m[1] {
				return yamlFault(f.at.File, f.data, "parse "+m[1], errors.New(m[2]))
			}
		}
	}
	for _, f := range files {
		if f.name == "Chart.yaml" {
			return &problem{file: f.at.File, message: "load chart: " + err.Error()}
		}
	}
	if len(files) > 0 {
		// The files' names tell how deep the first one is below the chart.
		dir := strings.TrimSuffix(files[0].at.File, files[0].name)
		return &problem{file: strings.TrimSuffix(dir, "/"), message: "load chart: " + err.Error()}
	}
	return fmt.Errorf("load chart: %w", err)
}

var templatePosition = regexp.MustCompile(`([^\s:()"<>]+):(\d+)`)

// templateFault turns an error of the template engine into the innermost
// position it mentions in a template of the chart. The positions before it
// are the includes that led there.
//
//	template: c/templates/a.yaml:3:4: executing "c/templates/a.yaml" at <include …>: error calling include:
//	template: c/templates/_h.tpl:7:9: executing "c.name" at <.Values.x.y>: nil pointer evaluating interface {}.y
//
// Where the chart itself refuses its defaults, with fail or required, there is
// something a person can do about it.
func (s *source) templateFault(err error, defaults bool) error {
	text := err.Error()
	var positions []string
	p := &problem{message: text}
	for _, m := range templatePosition.FindAllStringSubmatchIndex(text, -1) {
		at, ok := s.places[text[m[2]:m[3]]]
		if !ok {
			continue
		}
		if p.file != "" {
			positions = append(positions, fmt.Sprintf("%s:%d", p.file, p.line))
		}
		p.file, p.line = at.File, at.StartLine
		if at.Precision == model.File {
			p.line, _ = strconv.Atoi(text[m[4]:m[5]]) // digits
		}
		p.message = afterPosition(text[m[1]:])
	}
	if p.file == "" {
		return fmt.Errorf("%w", err)
	}
	p.message = "render template: " + p.message
	if n := len(positions); n > 0 {
		p.message += " (included from " + positions[n-1] + ")"
	}
	if defaults && strings.HasPrefix(text, "execution error at ") {
		p.message += " (a chart that wants values can be named in values-required of .sekisho.yaml)"
	}
	return p
}

// afterPosition drops the column, the closing bracket and the colon.
func afterPosition(text string) string {
	text = strings.TrimLeft(text, ":0123456789")
	return strings.TrimLeft(strings.TrimPrefix(text, ")"), ": ")
}

// documentError is a rendered document that cannot be read.
type documentError struct {
	document
	err error // a *yamlpos.Error if a line of the document is to blame
}

func (e *documentError) Error() string { return e.err.Error() }

// documentFault finds the line of the template that printed the line to blame.
func (s *source) documentFault(err error) error {
	var d *documentError
	if !errors.As(err, &d) {
		return err
	}
	at, what := s.places[d.template], "rendered document"
	if d.crds {
		what = "document"
	}
	p := &problem{file: at.File, message: fmt.Sprintf("read %s: %v", what, d.err)}
	if at.Precision != model.File {
		p.line = at.StartLine
	}
	var wrong *yamlpos.Error
	if errors.As(d.err, &wrong) {
		p.message = fmt.Sprintf("read %s: %s", what, wrong.Message)
		if lines := s.lines([]document{d.document})[2:]; wrong.Line <= len(lines) && lines[wrong.Line-1].Precision == model.Exact {
			at = lines[wrong.Line-1]
			p.file, p.line = at.File, at.StartLine
		}
	}
	return p
}

// unreadable says why Helm could not read a document, in fewer words.
func unreadable(doc string, err error) error {
	docs, _ := yamlpos.Parse([]byte(doc))
	for _, d := range docs {
		if d.Err != nil {
			return d.Err
		}
		if _, ok := d.Value.(map[string]any); !ok {
			return &yamlpos.Error{Line: d.StartLine, Message: noMapping}
		}
	}
	return errors.New(beforeReason.ReplaceAllString(err.Error(), ""))
}

const (
	noMapping = "not a mapping"
	noKind    = "no apiVersion or no kind: not a Kubernetes object"
)

// beforeReason is what Helm and the JSON library say before they come to it.
var beforeReason = regexp.MustCompile(`^.*json: `)

func joinPath(dir, name string) string {
	if dir == "." || dir == "" {
		return name
	}
	return dir + "/" + name
}
