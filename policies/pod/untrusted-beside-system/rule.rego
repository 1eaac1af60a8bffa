# METADATA
# title: Workload may run on system nodes
# description: |
#   Clusters keep nodes for their own components: the control plane, and on AKS the
#   system node pool with the taint CriticalAddonsOnly. A workload that tolerates these
#   taints may land beside them; one that breaks out of its container there is near to
#   what runs the cluster. Workloads of kube-system are left out.
# related_resources:
# - ref: https://learn.microsoft.com/en-us/azure/aks/use-system-pools
# - ref: https://kubernetes.io/docs/concepts/scheduling-eviction/taint-and-toleration/
# custom:
#   severity: note
#   security_severity: 3.0
#   profile: strict
#   confidence: medium
#   kinds: [workload]
#   params:
#     taints:
#     - CriticalAddonsOnly
#     - node-role.kubernetes.io/control-plane
#     - node-role.kubernetes.io/master
#   standards:
#   - {name: Microsoft AKS baseline, section: Configure compute for the base cluster}
#   remediation: Remove the toleration, or name only the taints of nodes made for this workload.
#   since: 0.1.0
package policies.pod["untrusted-beside-system"]

import data.sekisho.lib

deny contains finding if {
	lib.namespace != "kube-system"
	some i, toleration in input.pod.spec.tolerations
	finding := {
		"path": lib.at(lib.pod, ["tolerations", i]),
		"message": _message(toleration),
	}
}

_message(toleration) := sprintf("pod tolerates the taint %q of system nodes", [toleration.key]) if {
	toleration.key in data.params["untrusted-beside-system"].taints
}

# Without a key a toleration is for every taint, here of those that keep pods away.
_message(toleration) := "pod tolerates every taint, those of system nodes too" if {
	toleration.operator == "Exists"
	object.get(toleration, "key", null) in {null, ""}
	object.get(toleration, "effect", null) in {null, "", "NoSchedule"}
}
