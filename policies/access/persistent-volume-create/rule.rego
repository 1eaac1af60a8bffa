# METADATA
# title: Role may create persistent volumes
# description: |
#   A PersistentVolume may be of type hostPath. Whoever creates one and claims it
#   mounts any folder of a node, also where Pod Security forbids hostPath in pods,
#   because it looks at the pod alone. Storage is made by provisioners; others need
#   claims only.
# related_resources:
# - ref: https://kubernetes.io/docs/concepts/storage/persistent-volumes/
# - ref: https://kubernetes.io/docs/concepts/security/rbac-good-practices/
# - ref: https://kubernetes.io/docs/reference/access-authn-authz/rbac/
# custom:
#   severity: warning
#   security_severity: 6.0
#   profile: default
#   confidence: high
#   kinds: [Role, ClusterRole]
#   standards:
#   - {name: CIS Kubernetes Benchmark v1.9, section: 5.1.9}
#   - {name: NSA/CISA Kubernetes Hardening Guide, section: Authentication and authorization}
#   remediation: Grant persistentvolumeclaims instead and let a StorageClass make the volumes.
#   since: 0.1.0
package policies.access["persistent-volume-create"]

import data.sekisho.lib.rbac

deny contains rbac.finding(grant) if {
	some grant in rbac.granted("", {"persistentvolumes"}, {"create"})
}
