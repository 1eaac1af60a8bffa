# METADATA
# title: Secret file copied into an image
# description: |
#   Each COPY and ADD makes a layer, and layers are kept: a file that a later RUN
#   removes is gone from the container and still in the image, where `docker save`
#   shows it to everyone who can pull. Files are judged by their names: SSH and TLS
#   keys, key stores, `.env`, `.npmrc`, `.netrc`, kubeconfig, cloud credentials.
#   Public keys, certificates and `.env.example` are silent. A stage that the last
#   one is not built on is not shipped, but lies in the build cache: a warning.
# related_resources:
# - ref: https://docs.docker.com/build/building/secrets/
# - ref: https://docs.docker.com/build/building/best-practices/
# - ref: https://cwe.mitre.org/data/definitions/538.html
# custom:
#   severity: error
#   security_severity: 8.0
#   profile: default
#   confidence: high
#   kinds: [Dockerfile]
#   standards:
#   - {name: OWASP Kubernetes Top Ten 2022, section: "K08: Secrets Management Failures"}
#   - {name: CWE, section: "CWE-538"}
#   - {name: CIS Docker Benchmark v1.6, section: "4.10"}
#   remediation: |
#     Use `RUN --mount=type=secret` (or `--mount=type=ssh`) for the step that needs the file, list it in `.dockerignore`, and replace the secret.
#   since: 0.1.0
package policies.images["secret-in-image-layer"]

# File names that hold a secret, whatever their folder.
_names := {
	".env", ".npmrc", ".pypirc", ".netrc", "_netrc", ".git-credentials", ".dockercfg", ".pgpass", ".my.cnf", ".htpasswd",
	".s3cfg", ".boto", ".vault-token", ".terraformrc", ".yarnrc.yml",
	"id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "kubeconfig", "terraform.tfstate",
	"credentials.json", "service-account.json", "serviceaccount.json", "application_default_credentials.json",
	"secrets.yaml", "secrets.yml", "secrets.json", "secret.yaml", "secret.yml", "secrets.env", "master.key",
	"azureprofile.json", "accesstokens.json", ".ssh", ".aws", ".azure", ".gnupg",
}

_endings := {".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx", ".ppk", ".tfvars", ".ovpn", ".pkcs12", ".p8"}

# Folder and file together.
_tails := {".docker/config.json", ".kube/config", ".aws/credentials", ".azure/credentials", ".m2/settings.xml", ".cargo/credentials.toml"}

_secret_like(source) if lower(_base(source)) in _names

_secret_like(source) if {
	base := lower(_base(source))
	some ending in _endings
	endswith(base, ending)
	not regex.match(`(^|[^a-z])(pub|public)([^a-z]|$)`, base)
}

_secret_like(source) if {
	some tail in _tails
	endswith(trim_prefix(lower(source), "./"), tail)
}

# .env.production holds what .env holds; .env.example shows its form.
_secret_like(source) if {
	base := lower(_base(source))
	regex.match(`^\.env\.[a-z0-9_-]+$`, base)
	not regex.match(`\.(example|sample|template|dist|tpl|schema|test)$`, base)
}

# A .pem is a key unless its name says certificate.
_secret_like(source) if {
	base := lower(_base(source))
	endswith(base, ".pem")
	not regex.match(`(^|[^a-z])(ca|cert|certs|certificate|chain|fullchain|bundle|root|roots|pub|public)([^a-z]|$)`, base)
}

_base(source) := parts[count(parts) - 1] if {
	parts := split(trim_suffix(source, "/"), "/")
}

_stages := object.get(input.object, ["stages"], [])

# The last stage and those it is built on.
_shipped := graph.reachable(_parents, {i | some i, stage in _stages; stage.final})

_parents[i] := {parent | parent := stage.parent} if some i, stage in _stages

deny contains finding if {
	some i, stage in _stages
	some j, step in stage.instructions
	step.instruction in {"COPY", "ADD"}
	some source in object.get(step, ["sources"], [])
	_secret_like(source)
	finding := {
		"path": ["stages", i, "instructions", j],
		"severity": _severity(i),
		"message": sprintf("%s puts the secret-like file %q into a layer%s", [step.instruction, source, _aside(i, j, source)]),
	}
}

_severity(i) := "error" if {
	i in _shipped
} else := "warning"

_aside(i, j, source) := ", and the RUN that removes it leaves it there" if {
	i in _shipped
	_removed(i, j, source)
} else := "" if {
	i in _shipped
} else := " of the build cache"

_removed(i, j, source) if {
	some k, step in _stages[i].instructions
	k > j
	step.instruction == "RUN"
	command := concat(" ", step.args)
	regex.match(`(^|[\s;&(])(rm|shred|unlink)\s`, command)
	contains(command, _base(source))
}
