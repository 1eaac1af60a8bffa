# METADATA
# title: Secret data that is not base64
# description: |
#   Values under `data` are base64. The API server refuses a Secret with any other
#   value, so the deployment stops here; and mostly it means that somebody wrote
#   the secret itself into the manifest. The rule decodes as the API server does.
#   Entries encrypted by SOPS or kubesec, and those that a plugin fills in later
#   (`<path:…>`), are silent.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/#restriction-names-data
# custom:
#   severity: error
#   security_severity: 3.0
#   profile: default
#   confidence: high
#   kinds: [Secret]
#   remediation: |
#     Encode the value in base64, or write it under `stringData`.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["invalid-base64"]

import data.sekisho.lib

deny contains finding if {
	not input.facts.encryption
	some key, value in object.get(input.object, ["data"], {})
	problem := _problem(value)
	finding := {
		"path": ["data", key],
		"message": sprintf("key %q of Secret %q %s", [key, lib.object_name, problem]),
	}
}

_problem(value) := "is not base64" if {
	is_string(value)
	not base64.is_valid(value)
	not _filled_in_later(value)
}

_problem(value) := "is not a string" if {
	not is_string(value)
	value != null
}

_filled_in_later(value) if startswith(value, "<path:")

_filled_in_later(value) if {
	startswith(value, "<")
	input.object.metadata.annotations["avp.kubernetes.io/path"]
}
