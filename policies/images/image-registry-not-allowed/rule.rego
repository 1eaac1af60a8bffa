# METADATA
# title: Image from a registry that is not allowed
# description: |
#   What a registry hands out is what runs, with the rights of the workload. Registries
#   of one's own scan and sign, and go on working when a public one is down or limits
#   pulls. The rule is silent until the parameter `registries` lists what is allowed: a
#   registry (`registry.example.com`), a part of one (`docker.io/library`), or all with
#   an ending (`*.azurecr.io`). A name without a registry counts as `docker.io`, as it
#   does for the container runtime.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/containers/images/
# - ref: https://learn.microsoft.com/azure/container-registry/container-registry-best-practices
# custom:
#   severity: error
#   security_severity: 6.5
#   profile: default
#   confidence: high
#   kinds: [workload]
#   standards:
#   - {name: CIS AKS Benchmark v1.7, section: "5.1.4"}
#   - {name: CIS Kubernetes Benchmark v1.9, section: "5.5.1"}
#   - {name: Azure Policy, section: Kubernetes cluster containers should only use allowed images}
#   params:
#     registries: []
#   remediation: |
#     Copy the image into one of the allowed registries (`az acr import`) and name it there.
#   since: 0.1.0
package policies.images["image-registry-not-allowed"]

import data.sekisho.lib.image

deny contains finding if {
	count(_allowed) > 0
	some entry in image.all
	name := image.full_name(entry.ref)
	not _from_allowed(name)
	not _registry_open(entry.ref, name)
	finding := {
		"path": entry.path,
		"message": sprintf("%s: image %q is from a registry that is not allowed", [image.title(entry), entry.ref]),
	}
}

_allowed := data.params["image-registry-not-allowed"].registries

_from_allowed(name) if {
	some entry in _allowed
	host := split(entry, "/")[0]
	folder := trim_suffix(trim_prefix(entry, host), "/")
	_host_matches(split(name, "/")[0], host)
	startswith(trim_prefix(name, split(name, "/")[0]), concat("", [folder, "/"]))
}

_host_matches(host, host)

_host_matches(host, wanted) if {
	startswith(wanted, "*.")
	endswith(host, trim_prefix(wanted, "*"))
}

# ${REGISTRY}/api: only who fills it in can know.
_registry_open(ref, name) if {
	image.open(ref)
	regex.match(`^(docker\.io/(library/)?)?[^/]*\$`, name)
}

_registry_open("auto", _)
