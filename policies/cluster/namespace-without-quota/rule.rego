# METADATA
# title: Namespace without a resource quota
# description: |
#   Namespaces share one cluster. Without a ResourceQuota one of them can take all of
#   it, by a mistake or by an attacker's miner: CPU, memory, volumes, load balancers,
#   and as many objects as etcd holds. Looked for among the objects of the same render;
#   Rancher's annotation that makes one counts too.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/policy/resource-quotas/
# - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/#resource-quotas
# custom:
#   severity: note
#   security_severity: 2.5
#   profile: default
#   confidence: medium
#   kinds: [Namespace]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Resource policies}
#   - {name: CIS AKS Benchmark v1.7, section: "4.6.1"}
#   remediation: |
#     Add a ResourceQuota to the namespace that bounds `requests.cpu`, `requests.memory`, `limits.memory` and `pods`.
#   since: 0.1.0
package policies.cluster["namespace-without-quota"]

import data.sekisho.lib
import data.sekisho.lib.namespaces

deny contains finding if {
	not namespaces.platform
	not namespaces.holds("ResourceQuota")
	not input.object.metadata.annotations["field.cattle.io/resourceQuota"]
	finding := {
		"path": ["metadata", "name"],
		"message": sprintf("namespace %q has no ResourceQuota", [lib.object_name]),
	}
}
