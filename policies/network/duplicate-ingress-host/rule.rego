# METADATA
# title: Two Ingresses claim the same host
# description: |
#   When two Ingresses of one class serve the same host and path, the controller
#   decides which of them gets the requests, by age or by name: a deployment can silently take over
#   another's traffic. The same holds when Ingresses of two namespaces share a host, where
#   the second owner need not even know of the first. Canary Ingresses, which share
#   their host on purpose, are left in peace.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/services-networking/ingress/#multiple-matches
# - ref: https://kubernetes.github.io/ingress-nginx/user-guide/basic-usage/
# custom:
#   severity: warning
#   security_severity: 4.2
#   profile: default
#   confidence: medium
#   kinds: [Ingress]
#   remediation: Serve the host from one Ingress, or give each Ingress paths of its own in the same namespace.
#   since: 0.1.0
package policies.network["duplicate-ingress-host"]

import data.sekisho.lib

# Of two, the later by namespace and name is reported.
deny contains finding if {
	not _canary(input.object)
	some i, rule in input.object.spec.rules
	rule.host != ""
	some other in data.inventory.Ingress[_]
	_key(other) < _key(input.object)
	_class(other) == _class(input.object)
	not _canary(other)
	rivals := [j |
		some j, rival in other.spec.rules
		rival.host == rule.host
		_clash(rule, rival, other)
	]
	count(rivals) > 0
	finding := {
		"path": ["spec", "rules", i, "host"],
		"message": sprintf("host %q is also served by ingress %q", [rule.host, trim_prefix(_key(other), "/")]),
		"related": [{"object": lib.identity(other), "path": ["spec", "rules", j, "host"]} | some j in rivals],
	}
}

_clash(rule, rival, _) if count(_paths(rule) & _paths(rival)) > 0

# An object that names no namespace lands where the release goes, so only written
# ones can differ.
_clash(_, _, other) if {
	lib.namespace != ""
	lib.namespace_of(other) != ""
	lib.namespace_of(other) != lib.namespace
}

# A rule without paths serves all of its host.
_paths(rule) := paths if {
	paths := {_path(p) | some p in rule.http.paths}
	count(paths) > 0
} else := {"/"}

_path(p) := p.path if {
	is_string(p.path)
} else := "/"

_key(ingress) := sprintf("%v/%v", [lib.namespace_of(ingress), ingress.metadata.name])

_class(ingress) := object.get(
	ingress, ["spec", "ingressClassName"],
	object.get(ingress, ["metadata", "annotations", "kubernetes.io/ingress.class"], ""),
)

_canary(ingress) if {
	some key, "true" in ingress.metadata.annotations
	endswith(sprintf("%v", [key]), "/canary")
}
