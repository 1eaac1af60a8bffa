package policy

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Capabilities is the Rego language without what could make a verdict depend
// on anything but its input: the network, the environment, the clock, chance.
// OPA marks those builtins itself. The JSON schema builtins are left out as
// well, for they read the files that a schema refers to, and so is
// rego.parse_module; bits.lsh can ask for any amount of memory in one step.
var Capabilities = sync.OnceValue(func() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool {
		switch b.Name {
		case ast.RegoParseModule.Name, ast.JSONSchemaVerify.Name, ast.JSONMatchSchema.Name, ast.BitsShiftLeft.Name:
			return true
		}
		return b.Nondeterministic
	})
	c.AllowNet = []string{}
	return c
})
