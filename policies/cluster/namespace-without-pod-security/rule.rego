# METADATA
# title: Namespace does not enforce a Pod Security level
# description: |
#   Pod Security admission holds the pods of a namespace to the level of the label `pod-
#   security.kubernetes.io/enforce`, and without the label to the cluster's default,
#   which allows everything unless the administrators changed it. Labels `warn` and
#   `audit` only tell. Level `privileged` allows everything too, and says so: an error,
#   to be excepted with the reason where node agents live. A level that does not exist
#   makes the API server refuse the namespace. Silent for namespaces that Kubernetes and
#   AKS own.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-admission/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/enforce-standards-namespace-labels/
# custom:
#   severity: warning
#   security_severity: 5.5
#   profile: default
#   confidence: medium
#   kinds: [Namespace]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.2.1"}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: |
#     Label the namespace with `pod-security.kubernetes.io/enforce: restricted`, or `baseline` where its workloads cannot meet that yet.
#   since: 0.1.0
package policies.cluster["namespace-without-pod-security"]

import data.sekisho.lib
import data.sekisho.lib.namespaces

deny contains finding if {
	not namespaces.platform
	not _level
	finding := {
		"path": _path,
		"message": sprintf("namespace %q enforces no Pod Security level", [lib.object_name]),
	}
}

deny contains finding if {
	not namespaces.platform
	_level == "privileged"
	finding := {
		"path": _path,
		"severity": "error",
		"message": sprintf("namespace %q allows privileged pods", [lib.object_name]),
	}
}

deny contains finding if {
	not namespaces.platform
	not _level in {"privileged", "baseline", "restricted"}
	finding := {
		"path": _path,
		"message": sprintf("namespace %q has the unknown Pod Security level %q", [lib.object_name, _level]),
	}
}

_label := "pod-security.kubernetes.io/enforce"

_path := ["metadata", "labels", _label]

_level := level if {
	level := input.object.metadata.labels[_label]
	level != null
}
