# METADATA
# title: The account of a workload
# description: |
#   As whom the pod talks to the API server, from the facts that join workloads,
#   ServiceAccounts and bindings.
package sekisho.lib.account

# The name of the pod's ServiceAccount.
name := input.facts.references.account.name

# True when the pod gets the account's token. What the pod says wins over what its
# ServiceAccount says.
token_mounted if input.pod.spec.automountServiceAccountToken == true

token_mounted if {
	object.get(input.pod.spec, "automountServiceAccountToken", null) == null
	object.get(input.facts.references.account, "automount", true) == true
}
