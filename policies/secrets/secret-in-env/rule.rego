# METADATA
# title: Secret handed over as environment variables
# description: |
#   Variables are inherited by every child process, printed by crash dumps and
#   debug pages, and shown by `kubectl exec -- env`; their values stay as they were
#   when the container started, so a rotation does not reach it. A Secret mounted
#   as a file is read by those who open it and is updated in place. The CIS
#   benchmark prefers files. For a program that cannot read files this is still
#   far better than a literal, so the rule belongs to the strict profile.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/#using-secrets-as-environment-variables
# - ref: https://kubernetes.io/docs/concepts/security/secrets-good-practices/
# custom:
#   severity: warning
#   security_severity: 3.5
#   profile: strict
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.4.1"}
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   remediation: |
#     Mount the Secret as a volume with `defaultMode: 0400` and let the program read the file (many images take `…_FILE` variables).
#   since: 0.1.0
package policies.secrets["secret-in-env"]

import data.sekisho.lib

deny contains finding if {
	some container in input.containers
	some variable in lib.items(container, ["env"])
	ref := lib.child(variable, ["valueFrom", "secretKeyRef"])
	finding := {
		"path": ref.path,
		"message": sprintf("%s reads key %q of Secret %q into variable %q", [
			lib.title(container),
			object.get(ref.value, ["key"], ""),
			lib.name(ref.value),
			lib.name(variable.value),
		]),
	}
}

deny contains finding if {
	some container in input.containers
	some source in lib.items(container, ["envFrom"])
	ref := lib.child(source, ["secretRef"])
	finding := {
		"path": ref.path,
		"message": sprintf("%s reads all of Secret %q into its environment", [lib.title(container), lib.name(ref.value)]),
	}
}
