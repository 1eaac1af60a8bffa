package facts

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/client-go/kubernetes/scheme"
	sigsjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
)

// objectOf reads one YAML document.
func objectOf(t testing.TB, text string) model.Object {
	t.Helper()
	var value map[string]any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatalf("%v in:\n%s", err, text)
	}
	return model.Object{
		ID: model.ObjectID{
			APIVersion: textAt(value, "apiVersion"), Kind: textAt(value, "kind"),
			Namespace: textAt(value, "metadata", "namespace"), Name: textAt(value, "metadata", "name"),
		},
		Value: value,
	}
}

func objectsOf(t testing.TB, text string) []model.Object {
	t.Helper()
	var objects []model.Object
	for doc := range strings.SplitSeq(text, "\n---\n") {
		objects = append(objects, objectOf(t, doc))
	}
	return objects
}

func apiFacts(t testing.TB, text, kubeVersion string) map[string]any {
	t.Helper()
	o := objectOf(t, text)
	v := model.View{Object: &o, Facts: map[string]any{}}
	addAPI(&v, kubeVersion)
	facts, _ := v.Facts["api"].(map[string]any)
	return facts
}

func TestLifecycle(t *testing.T) {
	for _, tt := range []struct{ apiVersion, kind, version, want string }{
		{"extensions/v1beta1", "Ingress", "v1.37.0", "removed in 1.22, use networking.k8s.io/v1"},
		{"extensions/v1beta1", "Ingress", "v1.21.9", "deprecated since 1.14 until 1.22, use networking.k8s.io/v1"},
		{"extensions/v1beta1", "Ingress", "v1.13.0", ""},
		{"networking.k8s.io/v1", "Ingress", "v1.37.0", ""},
		{"policy/v1beta1", "PodSecurityPolicy", "v1.25.0", "removed in 1.25, use "},
		{"policy/v1beta1", "PodSecurityPolicy", "v1.24.0", "deprecated since 1.21 until 1.25, use "},
		{"policy/v1beta1", "PodDisruptionBudget", "v1.29.1-gke.1", "removed in 1.25, use policy/v1"},
		{"autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.26", "removed in 1.26, use autoscaling/v2"},
		{"autoscaling/v2beta2", "HorizontalPodAutoscaler", "1.25+", "deprecated since 1.23 until 1.26, use autoscaling/v2"},
		{"batch/v1beta1", "CronJob", "v1.25.0", "removed in 1.25, use batch/v1"},
		{"batch/v1", "CronJob", "v1.37.0", ""},
		{"apps/v1", "Deployment", "", ""},
		{"v1", "Endpoints", "v1.37.0", "deprecated since 1.33 until , use discovery.k8s.io/v1 EndpointSlice"},
		{"flowcontrol.apiserver.k8s.io/v1beta3", "FlowSchema", "", "removed in 1.32, use flowcontrol.apiserver.k8s.io/v1"},
		{"apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", "v1.37.0", "removed in 1.22, use apiextensions.k8s.io/v1"},
		{"apiextensions.k8s.io/v1", "CustomResourceDefinition", "v1.37.0", ""},
		{"monitoring.coreos.com/v1", "ServiceMonitor", "v1.37.0", ""},
		{"extensions/v1beta1", "Unheard", "v1.37.0", ""},
		{"a/b/c", "Broken", "v1.37.0", ""},
	} {
		facts := apiFacts(t, fmt.Sprintf("apiVersion: %s\nkind: %s\nmetadata: {name: x}", tt.apiVersion, tt.kind), tt.version)
		got := ""
		if r, ok := facts["removed"].(map[string]any); ok {
			got = fmt.Sprintf("removed in %s, use %s", r["in"], r["replacement"])
		}
		if d, ok := facts["deprecated"].(map[string]any); ok {
			got += fmt.Sprintf("deprecated since %s until %s, use %s", d["since"], d["removal"], d["replacement"])
		}
		if got != tt.want {
			t.Errorf("%s %s at %q: %q, want %q", tt.apiVersion, tt.kind, tt.version, got, tt.want)
		}
	}
}

// A chart that asks whether the cluster has apiregistration.k8s.io/v1 is told
// no when there is no cluster.
func TestRemovedFromTemplate(t *testing.T) {
	for role, want := range map[model.Role]bool{model.RoleTemplate: false, model.RoleSource: true} {
		o := objectOf(t, "apiVersion: apiregistration.k8s.io/v1beta1\nkind: APIService\nmetadata: {name: x}")
		o.Origin = standing{model.FileLocation("a.yaml", role)}
		v := model.View{Object: &o, Facts: map[string]any{}}
		addAPI(&v, "v1.37.0")
		if got := v.Facts["api"] != nil; got != want {
			t.Errorf("%s: reported %v, want %v", role, got, want)
		}
	}
}

// Were the library to take a version back, our table would shadow it.
func TestGoneVersionsAreGone(t *testing.T) {
	for gvk := range gone {
		if scheme.Scheme.Recognizes(gvk) && gvk.Group != "rbac.authorization.k8s.io" && gvk.Group != "apiextensions.k8s.io" {
			t.Errorf("client-go has types for %s again", gvk)
		}
	}
}

func unknownPaths(facts map[string]any) []string {
	var out []string
	list, _ := facts["unknown"].([]any)
	for _, u := range list {
		m := u.(map[string]any)
		s := model.Path(m["path"].([]any)).String()
		if m["suggestion"] != "" {
			s += " → " + m["suggestion"].(string)
		}
		out = append(out, s)
	}
	return out
}

func TestUnknownFields(t *testing.T) {
	// As in the whole program, where Helm does this.
	if err := apiextensionsv1.AddToScheme(scheme.Scheme); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"misspelt and in the wrong case", `
apiVersion: apps/v1
kind: Deployment
metadata: {name: x, creationTimestamp: null, anotations: {}}
spec:
  template:
    spec:
      containers:
      - name: c
        securityContex: {runAsNonRoot: true}
        securityContext: {readonlyRootFilesystem: true}
        runAsNonRoot: true
        resources: {limits: {cpu: 1, nvidia.com/gpu: "2"}}
        ports: [{containerPort: 80, hostport: 80}]
        livenessProbe: {httpGet: {port: http, pth: /}}
        env: [{name: A, valuefrom: {}}]
      volumes: [{name: v, hostPath: {path: /, typ: ""}}]
status: {anything: goes}
`, []string{
			"metadata.anotations → annotations",
			"spec.template.spec.containers[0].env[0].valuefrom → valueFrom",
			"spec.template.spec.containers[0].livenessProbe.httpGet.pth → path",
			"spec.template.spec.containers[0].ports[0].hostport → hostPort",
			"spec.template.spec.containers[0].runAsNonRoot → securityContext.runAsNonRoot",
			"spec.template.spec.containers[0].securityContex → securityContext",
			"spec.template.spec.containers[0].securityContext.readonlyRootFilesystem → readOnlyRootFilesystem",
			"spec.template.spec.volumes[0].hostPath.typ → type",
		}},
		{"free keys", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, labels: {a.b/c: d}}\ndata: {any: key, a.b: c}\nbinaryData: {x: aGk=}\nimmutable: true", nil},
		{"top level", "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringdata: {a: b}", []string{"stringdata → stringData"}},
		{"custom resource", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {foo: bar}\nspec: {x: y}", nil},
		{"definition", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}\nspec: {nonsense: 1}", nil},
		{"raw extension", "apiVersion: apps/v1\nkind: ControllerRevision\nmetadata: {name: x}\nrevision: 1\ndata: {any: {thing: 1}}", nil},
		{"wrong type", "apiVersion: v1\nkind: Pod\nmetadata: []\nspec: {containers: {a: b}}", nil},
		{"far from everything", "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {zzzzzzzzz: 1}", []string{"spec.zzzzzzzzz"}},
	} {
		got := unknownPaths(apiFacts(t, tt.text, ""))
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got  %s\n want %s", tt.name, strings.Join(got, "\n      "), strings.Join(tt.want, "\n      "))
		}
	}
}

// Kubernetes' strict decoder must find the same fields. Every kind of the
// scheme is tried with an object in which every field is set, through three
// levels, and in each struct one field too many.
func TestUnknownFieldsEqualStrictDecoding(t *testing.T) {
	tried := 0
	for gvk := range scheme.Scheme.AllKnownTypes() {
		if gvk.Version == "__internal" || gvk.Group == "apiextensions.k8s.io" {
			continue
		}
		kind := builtinKind(gvk)
		value, _ := crowded(kind.fields, 5).(map[string]any)
		if value == nil {
			continue
		}
		delete(value, "status")
		value["apiVersion"], value["kind"] = gvk.GroupVersion().String(), gvk.Kind
		b, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		object, err := scheme.Scheme.New(gvk)
		if err != nil {
			t.Fatal(err)
		}
		strict, err := sigsjson.UnmarshalStrict(b, object)
		if err != nil {
			continue // a type that decodes itself refused our stand-in
		}
		want := []string{}
		for _, e := range strict {
			path := strings.TrimSuffix(strings.TrimPrefix(e.Error(), `unknown field "`), `"`)
			want = append(want, path)
		}
		got := []string{}
		o := model.Object{ID: model.ObjectID{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind}, Value: value}
		v := model.View{Object: &o, Facts: map[string]any{}}
		addAPI(&v, "v1.0.0")
		facts, _ := v.Facts["api"].(map[string]any)
		list, _ := facts["unknown"].([]any)
		for _, u := range list {
			got = append(got, model.Path(u.(map[string]any)["path"].([]any)).String())
		}
		slices.Sort(want)
		slices.Sort(got)
		// The strict decoder stops counting at a hundred.
		if len(want) < 100 && !slices.Equal(got, want) {
			t.Errorf("%s:\n got  %v\n want %v", gvk, got, want)
		}
		tried++
	}
	if tried < 200 {
		t.Errorf("only %d kinds could be compared", tried)
	}
}

// crowded makes a value of a type with one unknown field in each struct; nil
// when the type decodes itself or is no container.
func crowded(t reflect.Type, depth int) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if depth == 0 || reflect.PointerTo(t).Implements(unmarshaler) {
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		out := map[string]any{"one2many": "x"}
		for name, field := range jsonFields(t) {
			if v := crowded(field, depth-1); v != nil {
				out[name] = v
			}
		}
		return out
	case reflect.Slice:
		if v := crowded(t.Elem(), depth-1); v != nil {
			return []any{v}
		}
	case reflect.Map:
		if v := crowded(t.Elem(), depth-1); v != nil {
			return map[string]any{"key": v}
		}
	}
	return nil
}

// jsonFields reads the fields of a struct by another road than tableOf.
func jsonFields(t reflect.Type) map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			out[name] = f.Type
		}
	}
	return out
}

const benchmarkDeployment = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      serviceAccountName: web
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: web
        image: nginx:1.27
        ports: [{name: http, containerPort: 8080}, {name: metrics, containerPort: 9090}]
        env: [{name: A, value: b}, {name: C, valueFrom: {secretKeyRef: {name: s, key: k}}}]
        resources: {limits: {memory: 1Gi}, requests: {cpu: 100m, memory: 1Gi}}
        livenessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 10}
        readinessProbe: {httpGet: {path: /readyz, port: http}, periodSeconds: 10}
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, readOnlyRootFilesystem: true}
        volumeMounts: [{name: tmp, mountPath: /tmp}, {name: config, mountPath: /etc/web}]
      volumes: [{name: tmp, emptyDir: {}}, {name: config, configMap: {name: web}}]
`

func BenchmarkAPI(b *testing.B) {
	o := objectOf(b, benchmarkDeployment)
	v := model.View{Object: &o, Facts: map[string]any{}}
	b.ReportAllocs()
	for b.Loop() {
		addAPI(&v, "v1.37.0")
	}
}

// The first object of a kind also builds the field tables.
func BenchmarkAPICold(b *testing.B) {
	o := objectOf(b, benchmarkDeployment)
	v := model.View{Object: &o, Facts: map[string]any{}}
	for b.Loop() {
		kinds.Clear()
		tables.Clear()
		addAPI(&v, "v1.37.0")
	}
}
