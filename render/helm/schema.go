package helm

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"helm.sh/helm/v3/pkg/chart"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render/helm/shadow"
)

// validate checks the merged values against the schemas of a chart and its
// subcharts, as Helm does, but follows no reference out of a schema.
func (l *loader) validate(root *chart.Chart, values map[string]any, layers []shadow.Layer) error {
	var errs []error
	var walk func(c *chart.Chart, values map[string]any, scope model.Path)
	walk = func(c *chart.Chart, values map[string]any, scope model.Path) {
		if c.Schema != nil {
			at := l.seen[c.Raw[0]]["values.schema.json"]
			errs = append(errs, validate(c.Name(), values, c.Schema, at, scope, layers)...)
		}
		for _, sub := range c.Dependencies() {
			switch v := values[sub.Name()].(type) {
			case nil:
			case map[string]any:
				walk(sub, v, scope.Join(sub.Name()))
			default:
				at := locateValue(layers, scope.Join(sub.Name()))
				errs = append(errs, &problem{file: at.File, line: at.StartLine, message: fmt.Sprintf("values of subchart %q must be a mapping", sub.Name())})
			}
		}
	}
	walk(root, values, nil)
	return errors.Join(errs...)
}

const schemaURL = "file:///values.schema.json"

// validate checks one chart's values against its schema.
func validate(chartName string, values map[string]any, schema []byte, at model.Location, scope model.Path, layers []shadow.Layer) (errs []error) {
	defer func() {
		// The validator is known to panic on odd schemas.
		if r := recover(); r != nil {
			errs = []error{&problem{file: at.File, message: fmt.Sprintf("validate values: %v", r)}}
		}
	}()
	fault := func(err error) []error {
		return []error{&problem{file: at.File, message: "read schema of values: " + err.Error()}}
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		return fault(err)
	}
	compiler := jsonschema.NewCompiler()
	compiler.UseLoader(noLoader{})
	if err := compiler.AddResource(schemaURL, doc); err != nil {
		return fault(err)
	}
	compiled, err := compiler.Compile(schemaURL)
	if err != nil {
		return fault(err)
	}
	var invalid *jsonschema.ValidationError
	switch err := compiled.Validate(values); {
	case err == nil:
		return nil
	case !errors.As(err, &invalid):
		return fault(err)
	}
	for _, cause := range causes(invalid) {
		key := instancePath(values, cause.InstanceLocation)
		where := locateValue(layers, scope.Join(key...))
		if where.File == "" {
			where = at
		}
		text := cause.ErrorKind.LocalizedString(message.NewPrinter(language.English))
		if len(key) > 0 {
			text = key.String() + ": " + text
		}
		errs = append(errs, &problem{file: where.File, line: where.StartLine, message: fmt.Sprintf("values do not fit the schema of chart %q: %s", chartName, text)})
	}
	return errs
}

// causes are the innermost errors, without looking into alternatives: of
// those none is the cause.
func causes(e *jsonschema.ValidationError) []*jsonschema.ValidationError {
	switch e.ErrorKind.(type) {
	case *kind.AnyOf, *kind.OneOf, *kind.Not:
		return []*jsonschema.ValidationError{e}
	}
	if len(e.Causes) == 0 {
		return []*jsonschema.ValidationError{e}
	}
	var out []*jsonschema.ValidationError
	for _, c := range e.Causes {
		out = append(out, causes(c)...)
	}
	slices.SortStableFunc(out, func(a, b *jsonschema.ValidationError) int {
		return slices.Compare(a.InstanceLocation, b.InstanceLocation)
	})
	return out
}

// instancePath gives the tokens of a JSON pointer their types.
func instancePath(v any, tokens []string) model.Path {
	var p model.Path
	for _, t := range tokens {
		var e any = t
		if list, ok := v.([]any); ok {
			i, _ := strconv.Atoi(t)
			e = i
			if i < len(list) {
				v = list[i]
			}
		} else if m, ok := v.(map[string]any); ok {
			v = m[t]
		}
		p = append(p, e)
	}
	return p
}

// noLoader refuses what a schema refers to outside itself. Helm reads an
// unknown urn: as a schema that everything meets.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	if strings.HasPrefix(url, "urn:") {
		return true, nil
	}
	return nil, errors.New("references to other files and to the network are not followed")
}
