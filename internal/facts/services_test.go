package facts

import (
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
)

// references spells input.facts.references of the last object.
func references(t *testing.T, text string, opts Options) string {
	t.Helper()
	views := readViews(t, objectsOf(t, text), opts)
	facts, _ := views[len(views)-1].Facts["references"].(map[string]any)
	var out []string
	if nothing, ok := facts["selects_nothing"].(map[string]any); ok {
		out = append(out, fmt.Sprint("nothing ", nothing["elsewhere"]))
	}
	list := func(key string, spell func(map[string]any) string) {
		entries, _ := facts[key].([]any)
		for _, e := range entries {
			out = append(out, spell(e.(map[string]any)))
		}
	}
	list("target_ports", func(m map[string]any) string {
		return fmt.Sprint(model.Path(m["path"].([]any)), " leads to ", m["port"])
	})
	list("same_selector", func(m map[string]any) string { return fmt.Sprint("as ", m["name"]) })
	list("backends", func(m map[string]any) string {
		return fmt.Sprint(model.Path(m["path"].([]any)), " misses ", m["missing"])
	})
	if target, ok := facts["target"].(map[string]any); ok {
		out = append(out, fmt.Sprint("target found ", target["found"]))
	}
	if facts["duplicate"] == true {
		out = append(out, "duplicate")
	}
	return strings.Join(out, "; ")
}

func serviceDoc(name, spec string) string {
	return "---\napiVersion: v1\nkind: Service\nmetadata: {name: " + name + ", namespace: shop}\nspec: " + spec + "\n"
}

func TestServices(t *testing.T) {
	const vault = `---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: vault, namespace: shop}
spec: {template: {metadata: {labels: {app: vault, role: server}}, spec: {containers: [{ports: [{name: api, containerPort: 8200}]}]}}}
`
	for _, tt := range []struct {
		name, before, spec string
		opts               Options
		want               string
	}{
		{"resolves", "", "{selector: {app: api}, ports: [{port: 80, targetPort: http}, {port: 8080}]}", Options{}, ""},
		{"another label", "", "{selector: {app: web}}", Options{}, "nothing []"},
		{"no selector", "", "{ports: [{port: 80}]}", Options{}, ""},
		{"a name in DNS", "", "{type: ExternalName, selector: {app: web}}", Options{}, ""},
		{"something could not be read", "", "{selector: {app: web}}", Options{Incomplete: true}, ""},
		{"an operator makes pods", "---\napiVersion: x.example.com/v1\nkind: Db\nmetadata: {name: d, namespace: shop}\n", "{selector: {app: web}}", Options{}, ""},
		{"Flux releases into the namespace", "---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: d}\nspec: {targetNamespace: shop}\n", "{selector: {app: web}}", Options{}, ""},
		{"pods of another namespace", "---\n" + strings.NewReplacer("shop", "other", "app: api", "app: web").Replace(pod), "{selector: {app: web}}", Options{}, "nothing [other]"},
		{"one pod of a set", vault, "{selector: {app: vault, statefulset.kubernetes.io/pod-name: vault-0}}", Options{}, ""},
		{"one pod of another set", vault, "{selector: {app: vault, statefulset.kubernetes.io/pod-name: consul-0}}", Options{}, "nothing []"},
		{"a label set at run time", vault, "{selector: {app: vault, vault-active: 'true'}}", Options{}, ""},
		{"a leader", vault, "{selector: {app: vault, part: primary}}", Options{}, ""},
		{"a label the template sets otherwise", vault, "{selector: {app: vault, role: master}}", Options{}, "nothing []"},
		{"nothing but a label set at run time", vault, "{selector: {part: primary}}", Options{}, "nothing []"},
		{"a forgotten label", vault, "{selector: {app: vault, part: server}}", Options{}, "nothing []"},
		{"unknown port name", "", "{selector: {app: api}, ports: [{port: 80, targetPort: web}]}", Options{}, "spec.ports[0].targetPort leads to web"},
		{"undeclared number", "", "{selector: {app: api}, ports: [{port: 80}]}", Options{}, "spec.ports[0].port leads to 80"},
		{"of another protocol", "", "{selector: {app: api}, ports: [{port: 8080, protocol: UDP}]}", Options{}, "spec.ports[0].port leads to 8080"},
		{"headless", "", "{clusterIP: None, selector: {app: api}, ports: [{port: 80, targetPort: web}]}", Options{}, ""},
		{"the same again", serviceDoc("first", "{selector: {app: api}, ports: [{port: 1, targetPort: 8080}]}"), "{selector: {app: api}, ports: [{port: 2, targetPort: 8080}]}", Options{}, "as first"},
		{"another port", serviceDoc("first", "{selector: {app: api}, ports: [{port: 8080}]}"), "{selector: {app: api}, ports: [{port: 80, targetPort: http}]}", Options{}, ""},
		{"beside a headless one", serviceDoc("first", "{clusterIP: None, selector: {app: api}, ports: [{port: 8080}]}"), "{selector: {app: api}, ports: [{port: 8080}]}", Options{}, ""},
		{"another type", serviceDoc("first", "{type: LoadBalancer, selector: {app: api}, ports: [{port: 8080}]}"), "{selector: {app: api}, ports: [{port: 8080}]}", Options{}, ""},
	} {
		if got := references(t, pod+tt.before+serviceDoc("s", tt.spec), tt.opts); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestBackends(t *testing.T) {
	base := pod + serviceDoc("web", "{ports: [{name: http, port: 80}]}") + serviceDoc("dns", "{type: ExternalName}")
	const ingress = "---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: i, namespace: shop}\nspec: "
	const route = "---\napiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: r, namespace: shop}\nspec: "
	for _, tt := range []struct{ name, object, want string }{
		{"by name", ingress + "{defaultBackend: {service: {name: web, port: {name: http}}}}", ""},
		{"by number", ingress + "{defaultBackend: {service: {name: web, port: {number: 80}}}}", ""},
		{"no such port", ingress + "{defaultBackend: {service: {name: web, port: {number: 81}}}}", "spec.defaultBackend.service.port.number misses port"},
		{"no such port name", ingress + "{rules: [{http: {paths: [{backend: {service: {name: web, port: {name: x}}}}]}}]}", "spec.rules[0].http.paths[0].backend.service.port.name misses port"},
		{"no such service", ingress + "{defaultBackend: {service: {name: wbe}}}", "spec.defaultBackend.service.name misses service"},
		{"an external name", ingress + "{defaultBackend: {service: {name: dns, port: {number: 1}}}}", ""},
		{"a resource", ingress + "{defaultBackend: {resource: {kind: Bucket, name: b}}}", ""},
		{"by annotation", ingress + "{defaultBackend: {service: {name: redirect, port: {name: use-annotation}}}}", ""},
		{"old form", strings.Replace(ingress, "networking.k8s.io/v1", "extensions/v1beta1", 1) + "{backend: {serviceName: wbe, servicePort: 80}}", "spec.backend.serviceName misses service"},
		{"another namespace of which nothing is here", strings.Replace(ingress, "shop", "other", 1) + "{defaultBackend: {service: {name: web}}}", ""},
		{"route", route + "{rules: [{backendRefs: [{name: web, port: 80}, {name: web, port: 81}, {name: wbe, port: 80}]}]}", "spec.rules[0].backendRefs[1].port misses port; spec.rules[0].backendRefs[2].name misses service"},
		{"route to another namespace", route + "{rules: [{backendRefs: [{name: web, namespace: other, port: 80}]}]}", ""},
		{"route to another kind", route + "{rules: [{backendRefs: [{group: inference.example.com, kind: Pool, name: p}]}]}", ""},
		{"scaled", "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\nspec: {scaleTargetRef: {apiVersion: v1, kind: Pod, name: api}}", "target found true"},
		{"scaled, but not here", "---\napiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: h, namespace: shop}\nspec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: api}}", "target found false"},
	} {
		if got := references(t, base+tt.object, Options{}); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

// standing is an origin that only knows its file.
type standing struct{ location model.Location }

func (s standing) Locate(model.Path) model.Trace { return model.Trace{Location: s.location} }

func TestDuplicates(t *testing.T) {
	raw := func(file string) model.Origin { return standing{model.FileLocation(file, model.RoleSource)} }
	helm := standing{model.FileLocation("templates/a.yaml", model.RoleTemplate)}
	for _, tt := range []struct {
		name         string
		from, to     model.Origin
		first, again string
		want         bool
	}{
		{"one file", raw("a.yaml"), raw("a.yaml"), "", "", true},
		{"one folder", raw("k8s/a.yaml"), raw("k8s/b.yaml"), "", "", true},
		{"a folder for each environment", raw("dev/a.yaml"), raw("prod/a.yaml"), "", "", false},
		{"a chart", helm, helm, "", "", true},
		{"another namespace", helm, helm, "", "namespace: other", false},
		{"the default namespace, written out", helm, helm, "", "namespace: default", true},
		{"a hook", helm, helm, `annotations: {helm.sh/hook: pre-install}`, "", false},
	} {
		text := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x, "
		objects := objectsOf(t, text+tt.first+"}\n---\n"+text+tt.again+"}")
		objects[0].Origin, objects[1].Origin = tt.from, tt.to
		views := readViews(t, objects, Options{})
		facts, _ := views[1].Facts["references"].(map[string]any)
		if got := facts["duplicate"] == true; got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if _, first := views[0].Facts["references"]; first {
			t.Errorf("%s: the first is called a duplicate", tt.name)
		}
	}
}
