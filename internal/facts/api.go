package facts

import (
	"cmp"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/agnivade/levenshtein"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/scheme"

	"github.com/sekisho/sekisho/internal/model"
)

// addAPI states what is known of the object's kind, for kinds that are built
// into Kubernetes; of others, and of what stands inside a
// CustomResourceDefinition, nothing is said.
//
// input.facts.api:
//
//	removed: {in: "1.22", replacement: networking.k8s.io/v1}   # no longer served by the cluster
//	deprecated: {since: "1.35", removal: "1.38", replacement: …}   # still served; removal and replacement may be ""
//	unknown:                        # fields the kind does not have
//	- {path: [spec, securityContex], field: securityContex, suggestion: securityContext}
func addAPI(v *model.View, kubeVersion string) {
	gv, err := schema.ParseGroupVersion(v.Object.ID.APIVersion)
	if err != nil {
		return
	}
	kind := builtinKind(gv.WithKind(v.Object.ID.Kind))
	if kind == nil {
		return
	}
	facts := map[string]any{}
	now := minorOf(kubeVersion)
	switch {
	case kind.removed > 0 && now >= kind.removed && gv.Group == "apiregistration.k8s.io" && fromTemplate(v.Object):
		// Helm without a cluster does not list this group among the cluster's
		// versions, so a chart that asks for v1 and would get it prints v1beta1.
	case kind.removed > 0 && now >= kind.removed:
		facts["removed"] = map[string]any{"in": release(kind.removed), "replacement": kind.replacement}
	case kind.deprecated > 0 && now >= kind.deprecated:
		facts["deprecated"] = map[string]any{"since": release(kind.deprecated), "removal": release(kind.removed), "replacement": kind.replacement}
	}
	if kind.fields != nil {
		if unknown := unknownFields(v.Object.Value, kind.fields); unknown != nil {
			facts["unknown"] = unknown
		}
	}
	if len(facts) > 0 {
		v.Facts["api"] = facts
	}
}

func fromTemplate(o *model.Object) bool {
	return o.Origin != nil && o.Origin.Locate(nil).Location.Role == model.RoleTemplate
}

// builtin is what the library knows of a kind. Releases are minor versions of
// Kubernetes 1; 0 is never.
type builtin struct {
	fields              reflect.Type // nil when the library has dropped the type
	deprecated, removed int
	replacement         string
}

// gone lists the versions that were served once and that the library no longer
// has types for: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
// and the release notes of the version named.
var gone = map[schema.GroupVersionKind]builtin{
	{Group: "extensions", Version: "v1beta1", Kind: "PodSecurityPolicy"}:                           {deprecated: 11, removed: 16},
	{Group: "policy", Version: "v1beta1", Kind: "PodSecurityPolicy"}:                               {deprecated: 21, removed: 25},
	{Group: "autoscaling", Version: "v2beta1", Kind: "HorizontalPodAutoscaler"}:                    {deprecated: 22, removed: 25, replacement: "autoscaling/v2"},
	{Group: "autoscaling", Version: "v2beta2", Kind: "HorizontalPodAutoscaler"}:                    {deprecated: 23, removed: 26, replacement: "autoscaling/v2"},
	{Group: "apiextensions.k8s.io", Version: "v1beta1", Kind: "CustomResourceDefinition"}:          {deprecated: 16, removed: 22, replacement: "apiextensions.k8s.io/v1"},
	{Group: "apiregistration.k8s.io", Version: "v1beta1", Kind: "APIService"}:                      {deprecated: 19, removed: 22, replacement: "apiregistration.k8s.io/v1"},
	{Group: "batch", Version: "v2alpha1", Kind: "CronJob"}:                                         {removed: 21, replacement: "batch/v1"},
	{Group: "scheduling.k8s.io", Version: "v1alpha1", Kind: "PriorityClass"}:                       {deprecated: 14, removed: 23, replacement: "scheduling.k8s.io/v1"},
	{Group: "rbac.authorization.k8s.io", Version: "v1alpha1", Kind: "Role"}:                        {deprecated: 17, removed: 23, replacement: "rbac.authorization.k8s.io/v1"},
	{Group: "rbac.authorization.k8s.io", Version: "v1alpha1", Kind: "RoleBinding"}:                 {deprecated: 17, removed: 23, replacement: "rbac.authorization.k8s.io/v1"},
	{Group: "rbac.authorization.k8s.io", Version: "v1alpha1", Kind: "ClusterRole"}:                 {deprecated: 17, removed: 23, replacement: "rbac.authorization.k8s.io/v1"},
	{Group: "rbac.authorization.k8s.io", Version: "v1alpha1", Kind: "ClusterRoleBinding"}:          {deprecated: 17, removed: 23, replacement: "rbac.authorization.k8s.io/v1"},
	{Group: "settings.k8s.io", Version: "v1alpha1", Kind: "PodPreset"}:                             {removed: 20},
	{Group: "auditregistration.k8s.io", Version: "v1alpha1", Kind: "AuditSink"}:                    {removed: 19},
	{Group: "admissionregistration.k8s.io", Version: "v1alpha1", Kind: "InitializerConfiguration"}: {removed: 14},
	{Group: "networking.k8s.io", Version: "v1alpha1", Kind: "ClusterCIDR"}:                         {removed: 29},
}

// kinds remembers what builtinKind found, by GroupVersionKind.
var kinds sync.Map

// builtinKind looks a kind up in client-go's types, nil when it is not built in.
func builtinKind(gvk schema.GroupVersionKind) *builtin {
	if k, ok := kinds.Load(gvk); ok {
		return k.(*builtin)
	}
	var kind *builtin
	if dropped, ok := gone[gvk]; ok {
		kind = &dropped
	}
	// Helm adds the types of CustomResourceDefinition to the shared scheme;
	// without it they are unknown. The answer must not depend on that.
	if object, err := scheme.Scheme.New(gvk); err == nil && gvk.Group != "apiextensions.k8s.io" && gvk.Version != "__internal" {
		if kind == nil {
			kind = &builtin{}
		}
		kind.fields = reflect.TypeOf(object).Elem()
		if o, ok := object.(interface{ APILifecycleDeprecated() (major, minor int) }); ok {
			_, kind.deprecated = o.APILifecycleDeprecated()
		}
		if o, ok := object.(interface{ APILifecycleRemoved() (major, minor int) }); ok {
			_, kind.removed = o.APILifecycleRemoved()
		}
		if o, ok := object.(interface {
			APILifecycleReplacement() schema.GroupVersionKind
		}); ok {
			r := o.APILifecycleReplacement()
			kind.replacement = r.GroupVersion().String()
			if r.Kind != gvk.Kind {
				kind.replacement += " " + r.Kind
			}
		}
	}
	kinds.Store(gvk, kind)
	return kind
}

// minorOf reads "v1.37.0", "1.37" or "v1.29.4-gke.100"; without a readable
// version the cluster is taken to be newer than everything known.
func minorOf(version string) int {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) >= 2 && parts[0] == "1" {
		digits := strings.TrimRight(parts[1], "+") // as some clouds write it
		if minor, err := strconv.Atoi(digits); err == nil {
			return minor
		}
	}
	return 1000
}

func release(minor int) string {
	if minor == 0 {
		return ""
	}
	return "1." + strconv.Itoa(minor)
}

// unknownFields lists the fields that an object of this type does not have,
// sorted by path. Status is passed over: the cluster writes it, what stands
// there in a file is without effect.
func unknownFields(value map[string]any, t reflect.Type) []any {
	var w fieldWalk
	for k, field := range value {
		if k != "status" {
			w.visit(map[string]any{k: field}, t)
		}
	}
	slices.SortFunc(w.found, func(a, b unknownField) int { return cmp.Compare(a.path.String(), b.path.String()) })
	var out []any
	for _, u := range w.found {
		out = append(out, map[string]any{"path": []any(u.path), "field": u.path[len(u.path)-1], "suggestion": u.suggestion})
	}
	return out
}

// A fieldTable holds the JSON fields of a struct, as encoding/json sees them,
// each with the type to walk on with: nil when its values have no named fields.
type fieldTable map[string]reflect.Type

// tables remembers the field tables, by reflect.Type.
var tables sync.Map

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// container strips pointers off a type and returns it when its values hold
// named fields somewhere; nil when they do not, or when the type decodes itself
// (Quantity, IntOrString, RawExtension) and so may hold anything.
func container(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		if !reflect.PointerTo(t).Implements(unmarshaler) {
			return t
		}
	case reflect.Slice, reflect.Map:
		if !reflect.PointerTo(t).Implements(unmarshaler) && container(t.Elem()) != nil {
			return t
		}
	}
	return nil
}

func tableOf(t reflect.Type) fieldTable {
	if table, ok := tables.Load(t); ok {
		return table.(fieldTable)
	}
	table := fieldTable{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case name == "" && f.Anonymous:
			maps.Copy(table, tableOf(container(f.Type)))
		case name == "-" || !f.IsExported():
		default:
			table[cmp.Or(name, f.Name)] = container(f.Type)
		}
	}
	tables.Store(t, table)
	return table
}

// A fieldWalk finds the fields of a value that its type does not have, by
// walking both side by side: what a strict decoder would say, but with paths,
// and without decoding.
type fieldWalk struct {
	at    model.Path
	found []unknownField
}

type unknownField struct {
	path       model.Path
	suggestion string
}

// visit compares v with a type that container returned.
func (w *fieldWalk) visit(v any, t reflect.Type) {
	switch v := v.(type) {
	case map[string]any:
		switch t.Kind() {
		case reflect.Map:
			elem := container(t.Elem())
			for k, value := range v {
				w.descend(k, value, elem)
			}
		case reflect.Struct:
			table := tableOf(t)
			for k, value := range v {
				switch field, known := table[k]; {
				case !known:
					w.found = append(w.found, unknownField{w.at.Join(k), table.suggest(k)})
				case field != nil:
					w.descend(k, value, field)
				}
			}
		}
	case []any:
		if t.Kind() == reflect.Slice {
			elem := container(t.Elem())
			for i, e := range v {
				w.descend(i, e, elem)
			}
		}
	}
}

func (w *fieldWalk) descend(key, v any, t reflect.Type) {
	w.at = append(w.at, key)
	w.visit(v, t)
	w.at = w.at[:len(w.at)-1]
}

// suggest names the field that was probably meant: the same word in other
// case, one at most two letters away, or a field one level deeper
// ("securityContext.runAsNonRoot" for "runAsNonRoot"); "" when there is none
// or more than one.
func (table fieldTable) suggest(key string) string {
	lower := strings.ToLower(key)
	best, distance := "", 3
	names := slices.Sorted(maps.Keys(table))
	for _, name := range names {
		d := levenshtein.ComputeDistance(lower, strings.ToLower(name))
		if d < distance && d < len(name)/2 {
			best, distance = name, d
		}
	}
	if best != "" {
		return best
	}
	for _, name := range names {
		t := table[name]
		if t == nil || t.Kind() != reflect.Struct {
			continue
		}
		if _, deeper := tableOf(t)[key]; deeper {
			if best != "" {
				return ""
			}
			best = name + "." + key
		}
	}
	return best
}
