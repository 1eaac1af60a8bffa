package kustomize

import (
	"fmt"
	"strings"
	"testing"
)

// TestLines prints an overlay with the source beside each line.
func TestLines(t *testing.T) {
	for _, dir := range []string{"directives/overlay", "list", "generators"} {
		r := render(t, dir, Options{})
		locs := r.Lines()
		lines := strings.Split(strings.TrimSuffix(string(r.Manifest), "\n"), "\n")
		if len(locs) != len(lines) {
			t.Fatalf("%s: %d locations for %d lines", dir, len(locs), len(lines))
		}
		var b strings.Builder
		for i, line := range lines {
			from := ""
			if locs[i].File != "" {
				from = fmt.Sprintf("%s:%d", locs[i].File, locs[i].StartLine)
			}
			fmt.Fprintf(&b, "%-36s | %s\n", from, line)
		}
		golden(t, strings.ReplaceAll(dir, "/", "-")+".lines", b.String())
	}
}
