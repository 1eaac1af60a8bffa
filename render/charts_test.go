package render_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/render"
)

// TestKustomizeCharts follows fields through a chart that an overlay renders
// and patches: to the template, the inline values, the values file, the patch.
func TestKustomizeCharts(t *testing.T) {
	root, err := os.OpenRoot("kustomize/testdata/charts")
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	r := render.New(render.Options{Root: root}).Render(context.Background(), model.Unit{Kind: model.Kustomize, Path: "overlay"})
	for _, f := range r.Failures {
		t.Fatalf("%s:%d: %s", f.File, f.Line, f.Message)
	}
	for _, tt := range []struct{ object, field, want string }{
		{"Deployment/front", "spec.template.spec.containers[0].image", "overlay/charts/app/templates/deployment.yaml:19 template < overlay/charts/app/values.yaml:3 value < overlay/kustomization.yaml:8 value < overlay/kustomization.yaml:3 directive"},
		{"Deployment/front", "spec.replicas", "overlay/values.yaml:1 value < overlay/charts/app/templates/deployment.yaml:7 template < overlay/kustomization.yaml:3 directive"},
		{"Deployment/front", "spec.selector.matchLabels.app", "overlay/charts/app/templates/deployment.yaml:10 template < overlay/kustomization.yaml:3 directive"},
		{"Deployment/front", "spec.template.spec.hostNetwork", "overlay/kustomization.yaml:23 patch < overlay/charts/app/templates/deployment.yaml:16 template"},
		{"Deployment/front", "spec.template.spec.containers[0].image", "overlay/charts/app/templates/deployment.yaml:19 template < overlay/charts/app/values.yaml:3 value < overlay/kustomization.yaml:8 value < overlay/kustomization.yaml:3 directive"},
		{"Deployment/front", "spec.template.spec.containers[0].resources", "overlay/charts/app/templates/deployment.yaml:18 template < overlay/kustomization.yaml:3 directive"},
		{"Pod/tools", "metadata.namespace", "overlay/kustomization.yaml:1 directive"},
	} {
		found := false
		for _, obj := range r.Objects {
			if obj.ID.Kind+"/"+obj.ID.Name != tt.object {
				continue
			}
			found = true
			p, err := model.ParsePath(tt.field)
			if err != nil {
				t.Fatal(err)
			}
			tr := obj.Origin.Locate(p)
			var parts []string
			for _, loc := range append([]model.Location{tr.Location}, tr.Related...) {
				parts = append(parts, fmt.Sprintf("%s:%d %s", loc.File, loc.StartLine, loc.Role))
			}
			if got := strings.Join(parts, " < "); got != tt.want {
				t.Errorf("%s %s: got\n%s, want\n%s", tt.object, tt.field, got, tt.want)
			}
		}
		if !found {
			t.Errorf("no %s in\n%s", tt.object, r.Manifest)
		}
	}
	if !strings.Contains(string(r.Manifest), "namespace: shop") {
		t.Errorf("the release's namespace is not the kustomization's:\n%s", r.Manifest)
	}
}
