# METADATA
# title: Pod sets an unsafe sysctl
# description: |
#   Sysctls change parameters of the kernel. Only some of them are confined to the
#   pod; the others reach the node and every pod on it. The Pod Security Standards
#   allow a list of safe ones from the baseline level on, and the list has grown with
#   Kubernetes 1.27, 1.29, 1.32 and 1.37.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/security/pod-security-standards/
# - ref: https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
# custom:
#   severity: error
#   security_severity: 5.3
#   profile: default
#   confidence: high
#   kinds: [workload]
#   pss: {level: baseline, check: sysctls}
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.7.3}
#   - {name: Azure Policy, section: Kubernetes cluster containers should not use forbidden sysctl interfaces}
#   remediation: Remove the entry from securityContext.sysctls, or set the parameter on nodes kept for this workload.
#   since: 0.1.0
package policies.pod["unsafe-sysctl"]

import data.sekisho.lib
import data.sekisho.lib.pss

deny contains finding if {
	some i, sysctl in input.pod.spec.securityContext.sysctls
	not lib.name(sysctl) in _safe
	finding := {
		"path": lib.at(lib.pod, ["securityContext", "sysctls", i, "name"]),
		"message": sprintf("pod sets sysctl %q", [lib.name(sysctl)]),
	}
}

_safe contains name if {
	some minor, names in _safe_since
	pss.since(minor)
	some name in names
}

# The minor version of Kubernetes that began to allow them.
_safe_since := {
	0: {
		"kernel.shm_rmid_forced",
		"net.ipv4.ip_local_port_range",
		"net.ipv4.ip_unprivileged_port_start",
		"net.ipv4.ping_group_range",
		"net.ipv4.tcp_syncookies",
	},
	27: {"net.ipv4.ip_local_reserved_ports"},
	29: {
		"net.ipv4.tcp_fin_timeout",
		"net.ipv4.tcp_keepalive_intvl",
		"net.ipv4.tcp_keepalive_probes",
		"net.ipv4.tcp_keepalive_time",
	},
	32: {"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"},
	37: {"net.ipv4.tcp_notsent_lowat", "net.ipv4.tcp_slow_start_after_idle"},
}
