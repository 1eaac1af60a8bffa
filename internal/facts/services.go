package facts

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"k8s.io/client-go/kubernetes/scheme"

	"github.com/sekisho/sekisho/internal/model"
)

// passiveGroups are the API groups whose custom resources make no pods and no
// services, matched as suffixes.
var passiveGroups = []string{
	"aadpodidentity.k8s.io", "acme.cert-manager.io", "apiextensions.k8s.io", "apiregistration.k8s.io", "autoscaling.k8s.io", "azure.com",
	"bitnami.com", "cert-manager.io", "cilium.io", "cloud.google.com", "cluster.x-k8s.io", "config.openshift.io", "consul.hashicorp.com",
	"crossplane.io", "elbv2.k8s.aws", "external-secrets.io", "gatekeeper.sh", "gateway.networking.k8s.io", "image.toolkit.fluxcd.io",
	"infrastructure.cluster.x-k8s.io", "istio.io", "k8s.nginx.org", "kubewarden.io", "kustomize.config.k8s.io", "kustomize.toolkit.fluxcd.io",
	"kyverno.io", "linkerd.io", "networking.gke.io", "notification.toolkit.fluxcd.io", "policy.networking.k8s.io", "projectcalico.org",
	"route.openshift.io", "secrets-store.csi.x-k8s.io", "security.openshift.io", "snapshot.storage.k8s.io", "source.toolkit.fluxcd.io",
	"traefik.containo.us", "traefik.io", "upbound.io", "velero.io",
}

// passiveKinds are resources that make nothing, of groups which hold others that do.
var passiveKinds = map[string][]string{
	"argoproj.io":           {"AnalysisTemplate", "AppProject", "Application", "ApplicationSet", "ClusterAnalysisTemplate", "ClusterWorkflowTemplate", "WorkflowTemplate"},
	"keda.sh":               {"ClusterTriggerAuthentication", "ScaledObject", "TriggerAuthentication"},
	"monitoring.coreos.com": {"AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor"},
	"kubeflow.org":          {"PodDefault", "Profile"},
}

// mayMakePods tells whether an operator may answer the resource with pods and
// services that no file shows. It is asked before something is called absent,
// so that an unknown kind counts as one that may.
func mayMakePods(id model.ObjectID) bool {
	group, _, found := strings.Cut(id.APIVersion, "/")
	if !found || templates[[2]string{group, id.Kind}] != nil || scheme.Scheme.IsGroupRegistered(group) {
		return false
	}
	return !slices.Contains(passiveKinds[group], id.Kind) &&
		!slices.ContainsFunc(passiveGroups, func(g string) bool { return group == g || strings.HasSuffix(group, "."+g) })
}

// inventory is what references are looked up in.
type inventory struct {
	network   *Network
	services  map[[2]string]*service // by namespace and name
	populated map[string]bool        // namespaces in which the render has workloads or services
	objects   map[objectKey]bool
}

type objectKey struct{ group, kind, namespace, name string }

// service is a Service, read once.
type service struct {
	view      *model.View
	namespace string
	selector  map[string]string
	headless  bool
	external  bool // ExternalName: a name in DNS, not pods
	pods      []*Workload
	ports     []any
}

// addReferences states what objects of the render refer to, and which of it is
// not there. Something is called missing only when it would have to be here:
// the namespace it belongs to is filled by this render, no custom resource in
// it may make the thing, and everything could be read.
//
// input.facts.references of a Service:
//
//	pods: [{kind: Deployment, namespace: "", name: web}]   # selected workloads
//	selects_nothing: {elsewhere: []}   # present when its pods should be here; namespaces where they are
//	target_ports:                      # ports no selected pod declares
//	- {path: [spec, ports, 0, targetPort], port: http, pods: [...]}
//	same_selector: [{kind: Service, …}]   # earlier services with the same pods, type and target port
//
// of an Ingress or a Gateway API route:
//
//	backends:                          # those that resolve to nothing
//	- {path: […, service, name], service: web, namespace: shop, missing: service}
//	- {path: […, service, port], service: web, namespace: shop, port: 8080, missing: port}
//
// of a HorizontalPodAutoscaler: target: {kind: Deployment, name: web, found: true}
//
// and of any object that stands twice in the render, on the later one:
// duplicate: true.
func addReferences(views []model.View, n *Network) {
	inv := &inventory{network: n, services: map[[2]string]*service{}, populated: map[string]bool{}, objects: map[objectKey]bool{}}
	seen := map[objectKey]*namesakes{}
	facts := make([]map[string]any, len(views))
	var services []*service
	byView := map[*model.View]*service{}
	for _, w := range n.Workloads {
		inv.populated[w.Namespace.Name] = true
	}
	for i := range views {
		n.meter.step(16)
		v := &views[i]
		facts[i] = map[string]any{}
		key := n.keyOf(v.Object.ID)
		inv.objects[key] = true
		if seen[key] == nil {
			seen[key] = &namesakes{}
		}
		if seen[key].add(v.Object) {
			facts[i]["duplicate"] = true
		}
		if v.Object.ID.Kind == "Service" && v.Object.ID.APIVersion == "v1" {
			s := readService(v, key.namespace)
			inv.services[[2]string{s.namespace, v.Object.ID.Name}] = s
			inv.populated[s.namespace] = true
			byView[v] = s
			services = append(services, s)
		}
	}
	selected := map[string][]*Workload{}
	for _, s := range services {
		pods, known := selected[s.key()]
		if !known {
			n.meter.turn(s.view.Object)
			pods = n.carriers(s.namespace, s.selector)
			selected[s.key()] = pods
		}
		s.pods = pods
	}
	same := map[string][]*service{}
	for i := range views {
		v := &views[i]
		n.meter.turn(v.Object)
		n.meter.step(16)
		group, _, _ := strings.Cut(v.Object.ID.APIVersion, "/")
		switch kind := v.Object.ID.Kind; {
		case byView[v] != nil:
			s := byView[v]
			inv.serviceFacts(s, same[s.key()], facts[i])
			same[s.key()] = append(same[s.key()], s)
		case kind == "Ingress" && (group == "networking.k8s.io" || group == "extensions"):
			facts[i]["backends"] = inv.ingressBackends(v.Object)
		case group == "gateway.networking.k8s.io" && strings.HasSuffix(kind, "Route"):
			facts[i]["backends"] = inv.routeBackends(v.Object)
		case kind == "HorizontalPodAutoscaler":
			target := fieldAt(v.Object.Value, "spec", "scaleTargetRef")
			targetGroup, _, found := strings.Cut(textAt(target, "apiVersion"), "/")
			if !found {
				targetGroup = ""
			}
			key := objectKey{targetGroup, textAt(target, "kind"), n.keyOf(v.Object.ID).namespace, textAt(target, "name")}
			facts[i]["target"] = map[string]any{"kind": key.kind, "name": key.name, "found": inv.objects[key]}
		}
		if len(facts[i]) > 0 {
			v.Facts["references"] = facts[i]
		}
	}
}

func (n *Network) keyOf(id model.ObjectID) objectKey {
	group, _, found := strings.Cut(id.APIVersion, "/")
	if !found {
		group = ""
	}
	return objectKey{group, id.Kind, cmp.Or(id.Namespace, n.home), id.Name}
}

// namesakes are the objects of one name. Where an object stands is looked up
// when there is a second one: that costs a rendering.
type namesakes struct {
	first  *model.Object
	places map[string]bool // what overwrites each other has one of these in common
}

// add tells whether an object would overwrite an earlier one.
//
// Raw files of different folders are alternatives (one folder an environment)
// as often as parts of one whole, and so are versions of one kind in different
// files (samples); a Helm hook lives at another time than the release; an
// object with generateName has no name yet; a definition without a group is a
// patch for the whole one.
func (n *namesakes) add(o *model.Object) bool {
	if textAt(o.Value, "metadata", "name") == "" || hook(o) ||
		o.ID.Kind == "CustomResourceDefinition" && textAt(o.Value, "spec", "group") == "" {
		return false
	}
	if n.first == nil {
		n.first = o
		return false
	}
	if n.places == nil {
		n.places = map[string]bool{}
		n.place(n.first)
	}
	return n.place(o)
}

// place notes where an object stands and tells whether the place was taken.
func (n *namesakes) place(o *model.Object) bool {
	const anywhere = ""
	if n.places[anywhere] {
		return true
	}
	var at []string
	if o.Origin == nil {
		at = []string{anywhere}
	} else if l := o.Origin.Locate(nil).Location; l.Role != model.RoleSource {
		at = []string{anywhere}
	} else {
		at = []string{"file " + l.File, "folder " + path.Dir(l.File) + " " + o.ID.APIVersion}
	}
	taken := false
	for _, p := range at {
		taken = taken || n.places[p]
		n.places[p] = true
	}
	return taken
}

func hook(o *model.Object) bool {
	return textAt(o.Value, "metadata", "annotations", "helm.sh/hook") != ""
}

func readService(v *model.View, namespace string) *service {
	spec := fieldAt(v.Object.Value, "spec")
	return &service{
		view:      v,
		namespace: namespace,
		selector:  stringMap(fieldAt(spec, "selector")),
		headless:  textAt(spec, "clusterIP") == "None",
		external:  textAt(spec, "type") == "ExternalName",
		ports:     listAt(spec, "ports"),
	}
}

// key is the same for services that select alike.
func (s *service) key() string { return fmt.Sprintf("%q %q", s.namespace, s.selector) }

// carriers are the workloads of a namespace ("" is any) that carry a selector,
// in the order of the render; none when it is empty.
func (n *Network) carriers(namespace string, selector map[string]string) []*Workload {
	if len(selector) == 0 {
		return nil
	}
	near := n.cohorts.near(namespace, nil)
	for k, v := range selector {
		if k == podName || slices.Contains(runningLabels, v) {
			continue // not a label that a template must have
		}
		if some := n.cohorts.near(namespace, &labelPair{k, v}); len(some) < len(near) {
			near = some
		}
	}
	var found []*Workload
	for _, c := range near {
		for _, w := range c.members { // not alike: carries asks for the kind and the name
			n.meter.compare(1 + len(selector))
			if (namespace == "" || w.Namespace.Name == namespace) && w.carries(selector) {
				found = append(found, w)
			}
		}
	}
	slices.SortFunc(found, func(a, b *Workload) int { return cmp.Compare(a.place, b.place) })
	return found
}

// podName is a label that the controller of a StatefulSet gives its pods.
const podName = "statefulset.kubernetes.io/pod-name"

// carries tells whether the workload's pods have, or may get, the labels that a
// service selects by.
func (w *Workload) carries(selector map[string]string) bool {
	own := 0 // labels that the template sets
	for k, v := range selector {
		got, ok := w.Labels[k]
		switch {
		case ok && got == v:
			own++
		case w.ID.Kind == "StatefulSet" && k == podName:
			// One pod of the set: its name and a number.
			own++
			if number, found := strings.CutPrefix(v, w.ID.Name+"-"); !found || number == "" || strings.Trim(number, "0123456789") != "" {
				return false
			}
		case !ok && slices.Contains(runningLabels, v):
		default:
			return false
		}
	}
	return own > 0
}

// runningLabels are values of labels that pods give each other while they run,
// to say who leads: Vault's vault-active: "true", Patroni's role: master. A label
// of such a value that the template does not set is taken on trust.
var runningLabels = []string{
	"true", "active", "leader", "master", "primary", "readwrite", "rw",
	"follower", "readonly", "replica", "ro", "secondary", "slave", "standby",
}

// maxListed is how many pods, services or policies a fact lists. Each of
// thousands of services may select each of thousands of pods.
const maxListed = 100

func (inv *inventory) serviceFacts(s *service, earlier []*service, facts map[string]any) {
	pods := make([]any, min(len(s.pods), maxListed))
	for i := range pods {
		pods[i] = reference(s.pods[i].ID)
	}
	facts["pods"] = pods
	facts["target_ports"] = s.unresolvedPorts(inv.network.meter)
	shared := []any{}
	for _, e := range earlier {
		if len(shared) == maxListed {
			break
		}
		inv.network.meter.compare(1 + len(e.ports)*len(s.ports))
		if e.rivals(s) {
			shared = append(shared, reference(e.view.Object.ID))
		}
	}
	facts["same_selector"] = shared
	if s.external || len(s.selector) == 0 || len(s.pods) > 0 || inv.network.partial || inv.network.makers[s.namespace] {
		return
	}
	elsewhere := []any{}
	populated := len(inv.network.cohorts.within[s.namespace]) > 0
	seen := map[string]bool{}
	for _, w := range inv.network.carriers("", s.selector) {
		if name := w.Namespace.Name; !seen[name] {
			seen[name] = true
			elsewhere = append(elsewhere, name)
		}
	}
	// A service that names no namespace may be applied to the one where it fits.
	if populated && len(elsewhere) == 0 || len(elsewhere) > 0 && s.view.Object.ID.Namespace != "" {
		facts["selects_nothing"] = map[string]any{"elsewhere": elsewhere}
	}
}

// rivals tells whether two services of the same pods do the same job. A
// headless service beside a plain one, one for each type and one for each port
// have their own; one of the same name is a second writing.
func (s *service) rivals(t *service) bool {
	if s.view.Object.ID.Name == t.view.Object.ID.Name {
		return false
	}
	if len(s.selector) == 0 || s.external || t.external || s.headless || t.headless ||
		cmp.Or(textAt(s.view.Object.Value, "spec", "type"), "ClusterIP") != cmp.Or(textAt(t.view.Object.Value, "spec", "type"), "ClusterIP") {
		return false
	}
	return slices.ContainsFunc(s.ports, func(a any) bool {
		return slices.ContainsFunc(t.ports, func(b any) bool { return targetOf(a) == targetOf(b) })
	})
}

// target is where a service port leads: a name or a number, and a protocol.
type target struct {
	name     string
	number   int
	protocol string
}

func targetOf(port any) target {
	t := target{protocol: cmp.Or(textAt(port, "protocol"), "TCP")}
	v := fieldAt(port, "targetPort")
	if v == nil || v == "" {
		v = fieldAt(port, "port")
	}
	var ok bool
	if t.number, ok = integer(v); !ok {
		t.name, _ = v.(string)
	}
	return t
}

// unresolvedPorts finds the target ports that no selected pod declares. For a
// name that means no endpoint; for a number it is worth a word only when all
// the pods do declare their ports, for the declaration is otherwise optional.
// Clients of a headless service choose the port themselves.
func (s *service) unresolvedPorts(m *meter) []any {
	out := []any{}
	if len(s.pods) == 0 || s.headless {
		return out
	}
	for i, port := range s.ports {
		t := targetOf(port)
		if t.name == "" && t.number == 0 {
			continue
		}
		unknown := false
		declared := slices.ContainsFunc(s.pods, func(w *Workload) bool {
			m.compare(1 + len(w.Ports)/4)
			unknown = unknown || len(w.Ports) == 0
			return slices.ContainsFunc(w.Ports, func(p Port) bool {
				return p.Protocol == t.protocol && (t.name != "" && p.Name == t.name || t.name == "" && p.Number == t.number)
			})
		})
		if declared || t.name == "" && unknown {
			continue
		}
		p := model.Path{"spec", "ports", i, "targetPort"}
		if fieldAt(port, "targetPort") == nil {
			p = model.Path{"spec", "ports", i, "port"}
		}
		found := map[string]any{"path": []any(p), "pods": s.podNames(), "protocol": t.protocol}
		if t.name != "" {
			found["port"] = t.name
		} else {
			found["port"] = t.number
		}
		out = append(out, found)
	}
	return out
}

func (s *service) podNames() []any {
	names := make([]any, min(len(s.pods), maxListed))
	for i := range names {
		w := s.pods[i]
		names[i] = w.ID.Kind + "/" + w.ID.Name
	}
	return names
}

// backend judges one reference to a service port; nil when it resolves or
// cannot be judged. port is a number, a name or nil.
func (inv *inventory) backend(namespace, name string, port any, namePath, portPath model.Path) any {
	if name == "" {
		return nil
	}
	namespace = cmp.Or(namespace, inv.network.home)
	s := inv.services[[2]string{namespace, name}]
	found := map[string]any{"service": name, "namespace": namespace}
	if s == nil {
		if inv.network.partial || inv.network.makers[namespace] || !inv.populated[namespace] {
			return nil
		}
		found["missing"], found["path"] = "service", []any(namePath)
		return found
	}
	inv.network.meter.compare(1 + len(s.ports)/4)
	if port == nil || s.external || len(s.ports) == 0 || slices.ContainsFunc(s.ports, func(p any) bool {
		if number, ok := integer(port); ok {
			have, _ := integer(fieldAt(p, "port"))
			return have == number
		}
		return textAt(p, "name") == port
	}) {
		return nil
	}
	found["missing"], found["path"], found["port"] = "port", []any(portPath), port
	return found
}

// ingressBackends walks an Ingress of any version.
func (inv *inventory) ingressBackends(o *model.Object) []any {
	out := []any{}
	add := func(v any, p model.Path) {
		var found any
		if s := fieldAt(v, "service"); s != nil {
			port, field := fieldAt(s, "port", "number"), "number"
			if name := fieldAt(s, "port", "name"); port == nil && name != nil {
				port, field = name, "name"
			}
			// The AWS controller defines backends in annotations under this name.
			if port == "use-annotation" {
				return
			}
			found = inv.backend(o.ID.Namespace, textAt(s, "name"), port, p.Join("service", "name"), p.Join("service", "port", field))
		} else {
			port := fieldAt(v, "servicePort")
			if port == "use-annotation" {
				return
			}
			found = inv.backend(o.ID.Namespace, textAt(v, "serviceName"), port, p.Join("serviceName"), p.Join("servicePort"))
		}
		if found != nil {
			out = append(out, found)
		}
	}
	spec := fieldAt(o.Value, "spec")
	for _, field := range []string{"defaultBackend", "backend"} {
		add(fieldAt(spec, field), model.Path{"spec", field})
	}
	for i, r := range listAt(spec, "rules") {
		for j, p := range listAt(r, "http", "paths") {
			add(fieldAt(p, "backend"), model.Path{"spec", "rules", i, "http", "paths", j, "backend"})
		}
	}
	return out
}

// routeBackends walks a route of the Gateway API.
func (inv *inventory) routeBackends(o *model.Object) []any {
	out := []any{}
	for i, r := range listAt(o.Value, "spec", "rules") {
		for j, b := range listAt(r, "backendRefs") {
			if textAt(b, "group") != "" || cmp.Or(textAt(b, "kind"), "Service") != "Service" {
				continue
			}
			p := model.Path{"spec", "rules", i, "backendRefs", j}
			if found := inv.backend(cmp.Or(textAt(b, "namespace"), o.ID.Namespace), textAt(b, "name"), fieldAt(b, "port"), p.Join("name"), p.Join("port")); found != nil {
				out = append(out, found)
			}
		}
	}
	return out
}
