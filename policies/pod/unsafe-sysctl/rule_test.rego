package policies.pod["unsafe-sysctl_test"]

import data.policies.pod["unsafe-sysctl"] as rule

_pod(names) := {"pod": {
	"path": ["spec"],
	"spec": {"securityContext": {"sysctls": [{"name": name, "value": "1"} | some name in names]}},
}}

test_names_the_sysctl if {
	found := rule.deny with input as _pod(["net.ipv4.tcp_syncookies", "kernel.msgmax"]) with data.kube.minor as 37
	found == {{
		"path": ["spec", "securityContext", "sysctls", 1, "name"],
		"message": `pod sets sysctl "kernel.msgmax"`,
	}}
}

test_list_grows if {
	some minor, name in {
		27: "net.ipv4.ip_local_reserved_ports",
		29: "net.ipv4.tcp_fin_timeout",
		32: "net.ipv4.tcp_rmem",
		37: "net.ipv4.tcp_notsent_lowat",
	}
	count(rule.deny) == 1 with input as _pod([name]) with data.kube.minor as minor - 1
	count(rule.deny) == 0 with input as _pod([name]) with data.kube.minor as minor
}

test_none if {
	count(rule.deny) == 0 with input as {"pod": {"path": ["spec"], "spec": {}}} with data.kube.minor as 37
	count(rule.deny) == 0 with input as _pod([]) with data.kube.minor as 37
}
