package facts

import (
	"strings"

	"github.com/sekisho/sekisho/internal/model"
)

// templates says where each workload kind keeps its pod template, by API group
// and kind. Pod itself is its own template.
var templates = map[[2]string]model.Path{
	{"", "Pod"}:                                     {},
	{"", "PodTemplate"}:                             {"template"},
	{"", "ReplicationController"}:                   {"spec", "template"},
	{"apps", "Deployment"}:                          {"spec", "template"},
	{"apps", "StatefulSet"}:                         {"spec", "template"},
	{"apps", "DaemonSet"}:                           {"spec", "template"},
	{"apps", "ReplicaSet"}:                          {"spec", "template"},
	{"extensions", "Deployment"}:                    {"spec", "template"},
	{"extensions", "DaemonSet"}:                     {"spec", "template"},
	{"extensions", "ReplicaSet"}:                    {"spec", "template"},
	{"batch", "Job"}:                                {"spec", "template"},
	{"batch", "CronJob"}:                            {"spec", "jobTemplate", "spec", "template"},
	{"argoproj.io", "Rollout"}:                      {"spec", "template"},
	{"serving.knative.dev", "Service"}:              {"spec", "template"},
	{"kubeflow.org", "Notebook"}:                    {"spec", "template"},
	{"leaderworkerset.x-k8s.io", "LeaderWorkerSet"}: {"spec", "leaderWorkerTemplate", "workerTemplate"},
}

// containerFields are the lists of a pod spec that hold containers, with the
// type of each.
var containerFields = []struct{ field, kind string }{
	{"containers", model.ContainerMain},
	{"initContainers", model.ContainerInit},
	{"ephemeralContainers", model.ContainerEphemeral},
}

// addPod fills in the pod view of a workload.
func addPod(v *model.View) {
	group, _, found := strings.Cut(v.Object.ID.APIVersion, "/")
	if !found {
		group = ""
	}
	template, ok := templates[[2]string{group, v.Object.ID.Kind}]
	if !ok {
		return
	}
	t, ok := template.Lookup(v.Object.Value)
	tm, isMap := t.(map[string]any)
	if !ok || !isMap {
		return
	}
	spec, ok := tm["spec"].(map[string]any)
	if !ok {
		return
	}
	meta, _ := tm["metadata"].(map[string]any)
	v.Pod = &model.Pod{Path: template.Join("spec"), Spec: spec, Meta: meta, MetaPath: template.Join("metadata")}
	for _, f := range containerFields {
		list, _ := spec[f.field].([]any)
		for i, c := range list {
			if value, ok := c.(map[string]any); ok {
				v.Containers = append(v.Containers, model.Container{Path: v.Pod.Path.Join(f.field, i), Type: f.kind, Value: value})
			}
		}
	}
}
