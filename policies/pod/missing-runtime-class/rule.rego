# METADATA
# title: Untrusted workload runs without a runtime class
# description: |
#   Containers of a node share its kernel. Code that is not trusted, such as plugins
#   of customers or builds of pull requests, wants a stronger wall: a RuntimeClass
#   whose handler runs pods in a sandbox or a virtual machine, such as gVisor or Kata
#   Containers. Which workloads are untrusted is said by a label of the pod.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/runtime-class/
# - ref: https://kubernetes.io/docs/concepts/security/multi-tenancy/#sandboxing-containers
# - ref: https://learn.microsoft.com/en-us/azure/aks/use-pod-sandboxing
# custom:
#   severity: note
#   security_severity: 3.0
#   profile: strict
#   confidence: high
#   kinds: [workload]
#   params:
#     label: trust
#     value: untrusted
#   remediation: Set runtimeClassName of the pod to a RuntimeClass with a sandboxed handler.
#   since: 0.1.0
package policies.pod["missing-runtime-class"]

import data.sekisho.lib

deny contains finding if {
	params := data.params["missing-runtime-class"]
	input.pod.meta.labels[params.label] == params.value
	object.get(input.pod.spec, "runtimeClassName", null) in {null, ""}
	finding := {
		"path": lib.at(lib.pod, ["runtimeClassName"]),
		"message": sprintf("pod labelled %s=%s has no runtime class", [params.label, params.value]),
	}
}
