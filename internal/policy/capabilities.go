package policy

import (
	"slices"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// Capabilities is the Rego language without what could make a verdict depend
// on anything but its input: the network, the environment, the clock, chance.
// OPA marks those builtins itself; rego.parse_module is left out as well.
var Capabilities = sync.OnceValue(func() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.Builtins = slices.DeleteFunc(c.Builtins, func(b *ast.Builtin) bool {
		return b.Nondeterministic || b.Name == ast.RegoParseModule.Name
	})
	c.AllowNet = []string{}
	return c
})
