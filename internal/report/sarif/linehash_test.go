package sarif

import "testing"

func TestHashLines(t *testing.T) {
	got := hashLines("apiVersion: v1\r\nkind: Pod\r\n\r\n\r\nmetadata:\n  name: a\n  name: a\nx: é漢😀\n")
	for line, want := range map[int]string{1: "1a5f1b70d6efe09c:1", 2: "aa7365c318e99ce9:1", 5: "489dd6f1fcc6cc50:1"} {
		if got[line-1] != want {
			t.Errorf("line %d: %s, want %s", line, got[line-1], want)
		}
	}
}
