# METADATA
# title: Windows pod runs as a host process
# description: |
#   A HostProcess container runs directly on the Windows node, outside any isolation,
#   usually as SYSTEM. It is to Windows what a privileged container is to Linux. The
#   Pod Security Standards forbid it from the baseline level on.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/
# custom:
#   severity: error
#   security_severity: 8.8
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: windowsHostProcess}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.2.11}
#   remediation: Remove securityContext.windowsOptions.hostProcess, or set it to false.
#   since: 0.1.0
package policies.pod["windows-host-process"]

import data.sekisho.lib.pss

deny contains finding if {
	some context in pss.contexts
	context.value.windowsOptions.hostProcess == true
	finding := {
		"path": array.concat(context.path, ["windowsOptions", "hostProcess"]),
		"message": sprintf("%s runs as a Windows host process", [context.owner]),
	}
}
