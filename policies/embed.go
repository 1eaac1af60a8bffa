// Package policies carries the rules inside the binary: one folder a rule
// (<category>/<rule-id>/), shared Rego in lib/. Tests and pages stay outside.
package policies

import "embed"

// FS holds rule.rego, good.* and bad.* of every rule, and lib.
//
//go:embed lib/*.rego */*/rule.rego */*/good.* */*/bad.*
var FS embed.FS
