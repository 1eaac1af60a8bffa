package integration

import (
	"os"
	"testing"
)

// TestAccessibility has axe look at the HTML report with everything opened, at
// the widths and in the colours it is made for.
func TestAccessibility(t *testing.T) {
	judge(t)
	axe, err := os.ReadFile(tool(t, "node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	address := page(t, nil)
	b := startBrowser(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int{1280, 390} {
			b.open(address, width, 900, scheme)
			// What lies far off the window is not laid out until it is needed: axe
			// would take guessed places for overlaps.
			b.js("document.getElementById('expand').click(); document.querySelectorAll('details').forEach(d => d.open = true);" +
				"document.querySelectorAll('.finding').forEach(f => f.style.contentVisibility = 'visible')")
			b.settle()
			b.js(string(axe) + "; 0")
			violations := b.js(`axe.run().then(r => r.violations.map(v => v.impact + ' ' + v.id + ': ' + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join('\n')))`)
			for _, v := range violations.([]any) {
				t.Errorf("%s, %d pixels wide: %v", scheme, width, v)
			}
		}
	}
}
