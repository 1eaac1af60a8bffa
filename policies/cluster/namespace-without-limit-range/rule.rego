# METADATA
# title: Namespace without a limit range
# description: |
#   A LimitRange gives containers that name no requests and limits those of the
#   namespace, and refuses ones that ask for too much. Without it a pod that names none
#   is placed blindly and may use the whole node; and under a ResourceQuota such a pod
#   is refused. Looked for among the objects of the same render; Rancher's annotation
#   that makes one counts too.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/policy/limit-range/
# - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/
# custom:
#   severity: note
#   security_severity: 2.0
#   profile: default
#   confidence: medium
#   kinds: [Namespace]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Resource policies}
#   remediation: |
#     Add a LimitRange of type Container to the namespace, with `defaultRequest`, `default` and `max`.
#   since: 0.1.0
package policies.cluster["namespace-without-limit-range"]

import data.sekisho.lib
import data.sekisho.lib.namespaces

deny contains finding if {
	not namespaces.platform
	not namespaces.holds("LimitRange")
	not input.object.metadata.annotations["field.cattle.io/containerDefaultResourceLimit"]
	finding := {
		"path": ["metadata", "name"],
		"message": sprintf("namespace %q has no LimitRange", [lib.object_name]),
	}
}
