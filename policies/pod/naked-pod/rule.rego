# METADATA
# title: Pod has no controller
# description: |
#   Nothing restarts a bare Pod when its node fails or is drained, and it cannot be
#   updated in place. It also escapes whoever looks only at Deployments.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/overview/#naked-pods-vs-replicasets-deployments-and-jobs
# custom:
#   severity: note
#   security_severity: 1.0
#   profile: strict
#   confidence: high
#   kinds: [Pod]
#   remediation: Make it a Deployment, a StatefulSet, a DaemonSet or a Job.
#   since: 0.1.0
package policies.pod["naked-pod"]

import data.sekisho.lib

deny contains finding if {
	count([owner | some owner in input.object.metadata.ownerReferences]) == 0
	finding := {
		"path": ["kind"],
		"message": sprintf("pod %q has no controller", [lib.object_name]),
	}
}
