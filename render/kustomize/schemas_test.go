package kustomize

import (
	"context"
	"testing"
	"testing/fstest"

	"github.com/sekisho/sekisho/internal/model"
)

func TestWithoutSchemas(t *testing.T) {
	const crd = "kind: CustomResourceDefinition\nspec:\n  versions:\n  - name: v1\n"
	for _, c := range []struct{ name, in, want string }{
		{
			"block", crd + "    schema:\n      openAPIV3Schema:\n        type: object\n\n# note\n        x: |\n          text\n    served: true\n",
			crd + "    schema:\n      openAPIV3Schema: {}\n    served: true\n",
		},
		{"last", crd + "    schema:\n      openAPIV3Schema:\n        type: object", crd + "    schema:\n      openAPIV3Schema: {}\n"},
		{
			"two versions", crd + "    a:\n      openAPIV3Schema:\n        b: 1\n    c:\n      openAPIV3Schema:\n        d: 1\n",
			crd + "    a:\n      openAPIV3Schema: {}\n    c:\n      openAPIV3Schema: {}\n",
		},
		{"flow", crd + "    schema: {openAPIV3Schema: {type: object}}\n", crd + "    schema: {openAPIV3Schema: {type: object}}\n"},
		{"other document", "kind: ConfigMap\ndata:\n  openAPIV3Schema:\n    a: 1\n---\n" + crd, "kind: ConfigMap\ndata:\n  openAPIV3Schema:\n    a: 1\n---\n" + crd},
		{
			"in text", "kind: ConfigMap\ndata:\n  crd: |\n    kind: CustomResourceDefinition\n    openAPIV3Schema:\n      a: 1\n",
			"kind: ConfigMap\ndata:\n  crd: |\n    kind: CustomResourceDefinition\n    openAPIV3Schema:\n      a: 1\n",
		},
	} {
		if got := string(withoutSchemas([]byte(c.in))); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}

const kindsCRD = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: things.example.com
spec:
  group: example.com
  versions:
  - name: v1
    schema:
      openAPIV3Schema:
        type: object
        description: a thing
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  type: NodePort
`

// Schemas are there when they are asked about, and when a patch needs them.
func TestLocateWithSchemas(t *testing.T) {
	for name, kustomization := range map[string]string{
		"alone": "resources: [all.yaml]\nnamePrefix: a-\n",
		"patched": "resources: [all.yaml]\nnamePrefix: a-\npatches:\n- target: {kind: CustomResourceDefinition}\n  patch: |\n" +
			"    - op: remove\n      path: /spec/versions/0/schema/openAPIV3Schema/type\n",
	} {
		fsys := fstest.MapFS{
			"kustomization.yaml": {Data: []byte(kustomization)},
			"all.yaml":           {Data: []byte(kindsCRD)},
		}
		r := Render(context.Background(), fsys, model.Unit{Kind: model.Kustomize, Path: "."}, Options{})
		if len(r.Failures) > 0 {
			t.Fatal(r.Failures)
		}
		if got := object(t, r, "Service/a-web").Origin.Locate(model.Path{"spec", "type"}).Location; got.File != "all.yaml" || got.StartLine != 19 {
			t.Errorf("%s: the service's type is at %+v", name, got)
		}
		schema := model.Path{"spec", "versions", 0, "schema", "openAPIV3Schema", "description"}
		if got := object(t, r, "CustomResourceDefinition/things.example.com").Origin.Locate(schema).Location; got.File != "all.yaml" || got.StartLine != 12 {
			t.Errorf("%s: the schema's description is at %+v", name, got)
		}
	}
}
