package facts

import (
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
	case kind.removed > 0 && now >= kind.removed:
		facts["removed"] = map[string]any{"in": release(kind.removed), "replacement": kind.replacement}
	case kind.deprecated > 0 && now >= kind.deprecated:
		facts["deprecated"] = map[string]any{"since": release(kind.deprecated), "removal": release(kind.removed), "replacement": kind.replacement}
	}
	if kind.fields != nil {
		var unknown []any
		for _, key := range slices.Sorted(maps.Keys(v.Object.Value)) {
			// The cluster writes status; what stands there in a file is without effect.
			if key != "status" {
				unknown = unknownFields(unknown, map[string]any{key: v.Object.Value[key]}, kind.fields, nil)
			}
		}
		if unknown != nil {
			facts["unknown"] = unknown
		}
	}
	if len(facts) > 0 {
		v.Facts["api"] = facts
	}
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
	if object, err := scheme.Scheme.New(gvk); err == nil && gvk.Version != "__internal" {
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

// A fieldTable holds the JSON fields of a struct, as encoding/json sees them.
type fieldTable map[string]reflect.Type

// tables remembers the field tables, by reflect.Type.
var tables sync.Map

var unmarshaler = reflect.TypeFor[json.Unmarshaler]()

// unknownFields appends to found the fields of v that its type does not have,
// by walking value and type side by side: what a strict decoder would say, but
// with paths, and without decoding. A type that decodes itself (Quantity,
// IntOrString, RawExtension) may hold anything.
func unknownFields(found []any, v any, t reflect.Type, at model.Path) []any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() == reflect.Interface || reflect.PointerTo(t).Implements(unmarshaler) {
		return found
	}
	switch v := v.(type) {
	case map[string]any:
		switch t.Kind() {
		case reflect.Map:
			if !holdsFields(t.Elem()) {
				return found
			}
			for _, k := range slices.Sorted(maps.Keys(v)) {
				found = unknownFields(found, v[k], t.Elem(), at.Join(k))
			}
		case reflect.Struct:
			table := tableOf(t)
			for _, k := range slices.Sorted(maps.Keys(v)) {
				field, known := table[k]
				switch {
				case !known:
					found = append(found, map[string]any{"path": []any(at.Join(k)), "field": k, "suggestion": table.suggest(k)})
				case holdsFields(field):
					found = unknownFields(found, v[k], field, at.Join(k))
				}
			}
		}
	case []any:
		if t.Kind() == reflect.Slice && holdsFields(t.Elem()) {
			for i, e := range v {
				found = unknownFields(found, e, t.Elem(), at.Join(i))
			}
		}
	}
	return found
}

// holdsFields tells whether values of a type can hold named fields at all; it
// spares the walk through strings and numbers.
func holdsFields(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Struct:
		return true
	}
	return false
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
			embedded := f.Type
			if embedded.Kind() == reflect.Pointer {
				embedded = embedded.Elem()
			}
			maps.Copy(table, tableOf(embedded))
		case name == "-" || !f.IsExported():
		case name == "":
			table[f.Name] = f.Type
		default:
			table[name] = f.Type
		}
	}
	tables.Store(t, table)
	return table
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
		for t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct || reflect.PointerTo(t).Implements(unmarshaler) {
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
