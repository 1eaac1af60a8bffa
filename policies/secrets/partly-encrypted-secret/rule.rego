# METADATA
# title: Secret that SOPS has encrypted only in part
# description: |
#   The `sops` block says that the Secret is encrypted, and so reviewers and tools
#   trust it, while some of its values stand in the clear: an entry was added without
#   `sops edit`, or `encrypted_regex` does not match it. Metadata in the clear is
#   as it should be, and so are entries whose name ends in the
#   `unencrypted_suffix` of the block. While this rule speaks, secret-committed is
#   silent about the Secret.
# related_resources:
# - ref: https://getsops.io/docs/#encrypting-only-parts-of-a-file
# - ref: https://kubernetes.io/docs/concepts/configuration/secret/
# custom:
#   severity: error
#   security_severity: 8.0
#   profile: default
#   confidence: high
#   kinds: [Secret]
#   standards:
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-312"}
#   remediation: |
#     Encrypt the file again with `sops --encrypt --in-place` and an `encrypted_regex` of `^(data|stringData)$`, and replace the values that were in the clear.
#   since: 0.1.0
#   sensitive: true
package policies.secrets["partly-encrypted-secret"]

import data.sekisho.lib

deny contains finding if {
	input.facts.encryption.tool == "sops"
	some path in input.facts.encryption.plaintext
	finding := {
		"path": path,
		"message": sprintf("key %q of Secret %q is in plain text beside values that SOPS has encrypted", [
			path[count(path) - 1],
			lib.object_name,
		]),
	}
}
