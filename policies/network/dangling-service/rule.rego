# METADATA
# title: Service selects no pod
# description: |
#   A Service whose selector matches no pod has no endpoints: connections to it fail, and a
#   pod that later carries the labels gets its traffic. Reported where the
#   namespace's workloads are in this render, or where the labels fit pods of another
#   namespace; not where custom resources of the namespace may make pods that no file
#   shows, nor for services without a selector or of type ExternalName.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/service/
# custom:
#   severity: warning
#   security_severity: 2.5
#   profile: default
#   confidence: medium
#   kinds: [Service]
#   remediation: Give the selector labels that the pod template carries, and the Service the namespace of the pods.
#   since: 0.1.0
package policies.network["dangling-service"]

import data.sekisho.lib

deny contains finding if {
	nothing := input.facts.references.selects_nothing
	finding := {
		"path": ["spec", "selector"],
		"message": sprintf("service %q selects no pod%s", [lib.object_name, _elsewhere(nothing.elsewhere)]),
	}
}

_elsewhere([]) := " that is rendered with it"

_elsewhere(namespaces) := sprintf(" of its namespace; its labels fit pods of namespace %q", [namespaces[0]]) if {
	count(namespaces) > 0
}
