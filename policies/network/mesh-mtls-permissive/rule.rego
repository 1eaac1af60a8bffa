# METADATA
# title: Mesh accepts traffic without mutual TLS
# description: |
#   A mesh encrypts and names both ends of a connection only when it insists on mutual TLS.
#   In permissive mode a workload also takes plain text from anyone, so
#   policies that rest on the client's identity can be passed by; disabled, nothing is
#   encrypted. Permissive is meant for the time of migration.
# related_resources:
# - ref: https://istio.io/latest/docs/reference/config/security/peer_authentication/
# - ref: https://linkerd.io/2/reference/authorization-policy/
# - ref: https://developer.hashicorp.com/consul/docs/connect/config-entries/service-defaults
# custom:
#   severity: warning
#   security_severity: 5.4
#   profile: default
#   confidence: high
#   kinds: [PeerAuthentication, Server, ServerAuthorization, ServiceDefaults, ProxyDefaults, Mesh, Namespace, workload]
#   standards:
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Network separation and hardening}
#   remediation: Set mtls.mode to STRICT (Istio), an authenticated default inbound policy (Linkerd), or mutualTLSMode strict (Consul).
#   since: 0.1.0
package policies.network["mesh-mtls-permissive"]

import data.sekisho.lib

_lax := {"PERMISSIVE", "DISABLE"}

deny contains finding if {
	input.kind == "PeerAuthentication"
	mode := input.object.spec.mtls.mode
	mode in _lax
	finding := {
		"path": ["spec", "mtls", "mode"],
		"message": sprintf("peer authentication %q sets mutual TLS to %s", [lib.object_name, mode]),
	}
}

deny contains finding if {
	input.kind == "PeerAuthentication"
	some port, mtls in input.object.spec.portLevelMtls
	mtls.mode in _lax
	finding := {
		"path": ["spec", "portLevelMtls", port, "mode"],
		"message": sprintf("peer authentication %q sets mutual TLS of port %v to %s", [lib.object_name, port, mtls.mode]),
	}
}

# Linkerd
_unauthenticated := {"all-unauthenticated", "cluster-unauthenticated"}

deny contains finding if {
	input.kind == "Server"
	startswith(input.object.apiVersion, "policy.linkerd.io/")
	policy := input.object.spec.accessPolicy
	policy in _unauthenticated
	finding := {
		"path": ["spec", "accessPolicy"],
		"message": sprintf("server %q takes connections without mutual TLS (%s)", [lib.object_name, policy]),
	}
}

deny contains finding if {
	input.kind == "ServerAuthorization"
	input.object.spec.client.unauthenticated == true
	finding := {
		"path": ["spec", "client", "unauthenticated"],
		"message": sprintf("server authorization %q admits clients without mutual TLS", [lib.object_name]),
	}
}

_annotation := "config.linkerd.io/default-inbound-policy"

deny contains finding if {
	input.kind == "Namespace"
	policy := input.object.metadata.annotations[_annotation]
	policy in _unauthenticated
	finding := {
		"path": ["metadata", "annotations", _annotation],
		"message": sprintf("namespace %q takes connections without mutual TLS by default (%s)", [lib.object_name, policy]),
	}
}

deny contains finding if {
	policy := input.pod.meta.annotations[_annotation]
	policy in _unauthenticated
	finding := {
		"path": array.concat(input.pod.meta_path, ["annotations", _annotation]),
		"message": sprintf("pods of %q take connections without mutual TLS (%s)", [lib.object_name, policy]),
	}
}

# Consul
deny contains finding if {
	input.kind in {"ServiceDefaults", "ProxyDefaults"}
	input.object.spec.mutualTLSMode == "permissive"
	finding := {
		"path": ["spec", "mutualTLSMode"],
		"message": sprintf("%s %q sets mutual TLS to permissive", [input.kind, lib.object_name]),
	}
}

deny contains finding if {
	input.kind == "Mesh"
	input.object.spec.allowEnablingPermissiveMutualTLS == true
	finding := {
		"path": ["spec", "allowEnablingPermissiveMutualTLS"],
		"message": sprintf("mesh %q lets services set mutual TLS to permissive", [lib.object_name]),
	}
}
