# METADATA
# title: Object is put into the default namespace
# description: |
#   Policies, quotas and access rights are set per namespace. In "default" everything
#   meets that was given no place, so none of them can be made to fit. Only a
#   namespace that is written is reported, and not in objects that carry the labels of
#   a chart, whose namespace is chosen when it is installed.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/
# custom:
#   severity: note
#   security_severity: 1.5
#   profile: strict
#   confidence: medium
#   kinds: [any]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.4}
#   - {name: Azure Policy, section: Kubernetes clusters should not use the default namespace}
#   remediation: Set metadata.namespace to a namespace made for the application.
#   since: 0.1.0
package policies.pod["default-namespace"]

import data.sekisho.lib

deny contains finding if {
	input.object.metadata.namespace == "default"
	not _of_chart
	finding := {
		"path": ["metadata", "namespace"],
		"message": sprintf("%s %q is in the default namespace", [input.kind, lib.object_name]),
	}
}

_of_chart if input.object.metadata.labels["helm.sh/chart"]

_of_chart if input.object.metadata.labels["app.kubernetes.io/managed-by"] == "Helm"

_of_chart if input.object.metadata.labels.heritage in {"Helm", "Tiller"}
