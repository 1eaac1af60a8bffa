# METADATA
# title: Container may write to its root file system
# description: |
#   With a writable root file system an attacker can drop tools, replace the program
#   or its configuration, and hide changes that image scanning does not see. With
#   readOnlyRootFilesystem only the volumes you name can be written. Windows has no
#   read-only root, so pods that say they run there, or select such nodes, are left out.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/
# - ref: https://media.defense.gov/2022/Aug/29/2003066362/-1/-1/0/CTR_KUBERNETES_HARDENING_GUIDANCE_1.2_20220829.PDF
# custom:
#   severity: warning
#   security_severity: 4.0
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Immutable container file systems}
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.3}
#   - {name: Azure Policy, section: Kubernetes cluster containers should run with a read only root file system}
#   remediation: Set securityContext.readOnlyRootFilesystem to true and mount an emptyDir where the program writes, for example at /tmp.
#   since: 0.1.0
package policies.pod["writable-root-filesystem"]

import data.sekisho.lib

deny contains finding if {
	not lib.windows
	some container in input.containers
	container.type != "ephemeral"
	object.get(container.value, ["securityContext", "readOnlyRootFilesystem"], null) != true
	finding := {
		"path": lib.at(container, ["securityContext", "readOnlyRootFilesystem"]),
		"message": sprintf("%s may write to its root file system", [lib.title(container)]),
	}
}
