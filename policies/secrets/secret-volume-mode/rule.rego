# METADATA
# title: Secret files that everyone in the container can read
# description: |
#   Without `defaultMode` the files of a Secret volume have mode 0644: every user in
#   every container that mounts it can read them, and so can whoever breaks out of
#   an unprivileged process. Wanted is 0400, or 0440 together with `fsGroup`.
#   Modes are read as Kubernetes reads them: YAML's 0400 and JSON's 256 are the
#   same, 400 without the zero is 0620, and a string is refused by the API server.
#   The mode of an item comes before that of the volume. Windows knows no such modes,
#   so pods that run there are left out.
# related_resources:
# - ref: https://kubernetes.io/docs/tasks/inject-data-application/distribute-credentials-secure/#set-posix-permissions-for-secret-keys
# - ref: https://kubernetes.io/docs/concepts/storage/projected-volumes/
# - ref: https://learn.microsoft.com/en-us/azure/aks/developer-best-practices-pod-security
# custom:
#   severity: warning
#   security_severity: 4.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-732"}
#   remediation: |
#     Write `defaultMode: 0400` on the secret or projected volume (0440 with `fsGroup` when the process does not run as root).
#   since: 0.1.0
package policies.secrets["secret-volume-mode"]

import data.sekisho.lib

# Secret volumes, and projected volumes with a Secret or a token among their sources.
_volumes contains volume if {
	not lib.windows
	some v in lib.items(lib.pod, ["volumes"])
	secret := lib.child(v, ["secret"])
	volume := {"name": lib.name(v.value), "node": secret, "lists": [secret]}
}

_volumes contains volume if {
	not lib.windows
	some v in lib.items(lib.pod, ["volumes"])
	projected := lib.child(v, ["projected"])
	sources := lib.items(projected, ["sources"])
	secrets := [s | some source in sources; s := lib.child(source, ["secret"])]
	tokens := [t | some source in sources; t := lib.child(source, ["serviceAccountToken"])]
	count(secrets) + count(tokens) > 0
	volume := {"name": lib.name(v.value), "node": projected, "lists": array.concat(secrets, tokens)}
}

deny contains finding if {
	some volume in _volumes
	some list in volume.lists
	_uses_default(list)
	problem := _problem(volume.node, "defaultMode", 420)
	finding := {
		"path": lib.at(volume.node, ["defaultMode"]),
		"message": sprintf("volume %q with secrets has %s", [volume.name, problem]),
	}
}

deny contains finding if {
	some volume in _volumes
	some list in volume.lists
	some item in lib.items(list, ["items"])
	lib.child(item, ["mode"])
	problem := _problem(item, "mode", 256)
	finding := {
		"path": lib.at(item, ["mode"]),
		"message": sprintf("item %q of volume %q with secrets has %s", [
			object.get(item.value, ["key"], ""),
			volume.name,
			problem,
		]),
	}
}

# The volume's mode holds for the files whose item has none.
_uses_default(list) if count(lib.items(list, ["items"])) == 0

_uses_default(list) if {
	some item in lib.items(list, ["items"])
	not lib.child(item, ["mode"])
}

_problem(node, field, _) := sprintf("mode %q, a string, which Kubernetes refuses", [mode]) if {
	mode := lib.child(node, [field]).value
	is_string(mode)
}

_problem(node, field, _) := sprintf("mode 0%o (%d in decimal)", [mode, mode]) if {
	mode := lib.child(node, [field]).value
	is_number(mode)
	_open(mode)
}

_problem(node, field, absent) := sprintf("mode 0%o, as none is written", [absent]) if {
	not lib.child(node, [field])
	_open(absent)
}

# Write for the group, or anything for others.
_open(mode) if bits.and(mode, 23) != 0
