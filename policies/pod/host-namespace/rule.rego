# METADATA
# title: Pod shares a namespace of the node
# description: |
#   A pod in the node's network namespace reaches what listens on the node's
#   loopback address, can listen in on other traffic and is not held by network
#   policies. In the node's process namespace it sees every process and its
#   environment variables, in the IPC namespace the shared memory of others. The Pod
#   Security Standards forbid all three from the baseline level on.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# custom:
#   severity: error
#   security_severity: 7.8
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: hostNamespaces}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.3}
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.4}
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.5}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Kubernetes Pod security}
#   remediation: Remove hostNetwork, hostPID and hostIPC; expose ports through a Service.
#   since: 0.1.0
package policies.pod["host-namespace"]

import data.sekisho.lib

deny contains finding if {
	some field, namespace in {"hostNetwork": "network", "hostPID": "process", "hostIPC": "IPC"}
	input.pod.spec[field] == true
	finding := {
		"path": lib.at(lib.pod, [field]),
		"message": sprintf("pod shares the %s namespace of the node", [namespace]),
	}
}
