# METADATA
# title: Probe or hook calls another host
# description: |
#   Probes and lifecycle hooks are sent by the kubelet, from the node. A host of choice
#   makes the kubelet call any address it can reach, also ones that are closed to the
#   pod (server-side request forgery); even 127.0.0.1 is the node's. Without the field
#   the pod's own address is used. The Pod Security Standards forbid it from the
#   baseline level on since Kubernetes 1.34.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/concepts/workloads/pods/probes/
# custom:
#   severity: error
#   security_severity: 5.3
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: hostProbesAndHostLifecycle}
#   standards:
#   - {name: Kubernetes Pod Security Standards, section: Baseline}
#   remediation: Remove host from the probe's or hook's httpGet or tcpSocket.
#   since: 0.1.0
package policies.pod["probe-host"]

import data.sekisho.lib
import data.sekisho.lib.pss

deny contains finding if {
	pss.since(34)
	some container in input.containers
	some probe in ["livenessProbe", "readinessProbe", "startupProbe"]
	some action in ["httpGet", "tcpSocket"]
	host := container.value[probe][action].host
	not host in {"", null}
	finding := _finding(container, [probe, action, "host"], probe, host)
}

deny contains finding if {
	pss.since(34)
	some container in input.containers
	some hook in ["postStart", "preStop"]
	some action in ["httpGet", "tcpSocket"]
	host := container.value.lifecycle[hook][action].host
	not host in {"", null}
	finding := _finding(container, ["lifecycle", hook, action, "host"], hook, host)
}

_finding(container, keys, caller, host) := {
	"path": lib.at(container, keys),
	"message": sprintf("%s of %s calls host %q", [caller, lib.title(container), host]),
}
