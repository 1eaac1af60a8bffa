package shadow

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"

	"github.com/sekisho/sekisho/internal/model"
)

// Charts that would exhaust a machine end with an error at the template's line.
func TestLimits(t *testing.T) {
	tests := []struct{ name, template, want string }{
		{"until", "a: b\n{{ range until 2000000000 }}x{{ end }}", "templates/a.yaml:2: *until makes more than 100000 numbers"},
		{"untilStep", "{{ untilStep 0 2000000000 1 }}", "templates/a.yaml:1: *untilStep makes"},
		{"seq", "{{ seq 1 2000000000 }}", "templates/a.yaml:1: *seq makes"},
		{"repeat", "\n\n{{ repeat 2000000000 \"ab\" }}", "templates/a.yaml:3: *repeat makes a text of more than 1000000 bytes"},
		{"indent", "{{ indent 2000000000 \"ab\" }}", "templates/a.yaml:1: *indent makes"},
		{"nindent", "{{ nindent 2000000000 \"ab\" }}", "templates/a.yaml:1: *nindent makes"},
		{"printf", "{{ printf \"%2000000000d\" 1 }}", "templates/a.yaml:1: *printf makes"},
		{"replace", "{{ $a := repeat 100000 \"a\" }}{{ replace \"a\" $a $a }}", "templates/a.yaml:1: *replace makes"},
		{"doubling", "{{ $a := \"xxxxxxxx\" }}\n{{ range until 60 }}\n{{ $a = printf \"%s%s\" $a $a }}{{ end }}", "templates/a.yaml:3: *a string of"},
		{"printing", "{{ range until 100000 }}{{ range until 1000 }}xxxxxxxxxxxxxxxx{{ end }}{{ end }}", "templates/a.yaml:1: *prints more than"},
		{"steps", "{{ range until 100000 }}{{ range until 1000 }}{{ $x := 1 }}{{ end }}{{ end }}", "templates/a.yaml:1: *more than 1000000 steps"},
		{"recursion", "{{ define \"r\" }}\n{{ include \"r\" . }}{{ end }}{{ include \"r\" . }}", "templates/a.yaml:2: *levels deep"},
		{"template recursion", "{{ define \"r\" }}\n{{ template \"r\" . }}{{ end }}{{ template \"r\" . }}", "templates/a.yaml: *levels deep"},
		{"tpl of itself", "{{ define \"r\" }}\n{{ tpl \"{{ include \\\"r\\\" . }}\" . }}{{ end }}{{ include \"r\" . }}", "templates/a.yaml:2: *levels deep"},
		{"failing", "a: b\nc: {{ fail \"no\" }}", "templates/a.yaml:2: *no"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := &chart.Chart{
				Metadata:  &chart.Metadata{Name: "api", Version: "1.0.0", APIVersion: "v2"},
				Templates: []*chart.File{{Name: "templates/a.yaml", Data: []byte(tt.template)}},
			}
			s := New(Input{
				Chart: c,
				Values: func() (chartutil.Values, error) {
					return chartutil.ToRenderValues(c, nil, chartutil.ReleaseOptions{Name: "api"}, nil)
				},
				Places: map[string]model.Location{"api/templates/a.yaml": model.FileLocation("templates/a.yaml", model.RoleTemplate)},
				Limits: Limits{Steps: 1_000_000, Output: 1_000_000, Depth: 200, Time: 20 * time.Second},
			})
			err := s.Check(context.Background())
			var at *Error
			if !errors.As(err, &at) {
				t.Fatalf("got %v, want an *Error", err)
			}
			where, what, _ := strings.Cut(tt.want, " *")
			if got := err.Error(); !strings.HasPrefix(got, strings.TrimSuffix(where, ":")+":") || !strings.Contains(got, what) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// A deadline ends a render between two actions.
func TestDeadline(t *testing.T) {
	c := &chart.Chart{
		Metadata:  &chart.Metadata{Name: "api", Version: "1.0.0", APIVersion: "v2"},
		Templates: []*chart.File{{Name: "templates/a.yaml", Data: []byte("{{ range until 100000 }}{{ range until 100000 }}{{ $x := 1 }}{{ end }}{{ end }}")}},
	}
	s := New(Input{
		Chart: c,
		Values: func() (chartutil.Values, error) {
			return chartutil.ToRenderValues(c, nil, chartutil.ReleaseOptions{Name: "api"}, nil)
		},
		Limits: Limits{Time: 50 * time.Millisecond},
	})
	begin := time.Now()
	if err := s.Check(context.Background()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the deadline's error", err)
	}
	if took := time.Since(begin); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
}
