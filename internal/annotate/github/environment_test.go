package github

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	for _, tt := range []struct {
		name, event string
		number      int
		base, head  string
		fork        bool
	}{
		{"pull request", `{"pull_request":{"number":7,"base":{"sha":"b","repo":{"full_name":"o/r"}},"head":{"sha":"h","repo":{"full_name":"o/r"}}}}`, 7, "b", "h", false},
		{"fork", `{"pull_request":{"number":7,"base":{"sha":"b","repo":{"full_name":"o/r"}},"head":{"sha":"h","repo":{"full_name":"x/r"}}}}`, 7, "b", "h", true},
		{"deleted fork", `{"pull_request":{"number":7,"base":{"sha":"b","repo":{"full_name":"o/r"}},"head":{"sha":"h","repo":null}}}`, 7, "b", "h", true},
		{"merge queue", `{"merge_group":{"base_sha":"b","head_sha":"h","head_ref":"refs/heads/gh-readonly-queue/main/pr-1"}}`, 0, "b", "h", false},
		{"push", `{"before":"x","after":"y"}`, 0, "", "", false},
	} {
		file := filepath.Join(t.TempDir(), "event.json")
		if err := os.WriteFile(file, []byte(tt.event), 0o644); err != nil {
			t.Fatal(err)
		}
		e, err := Detect(env(map[string]string{
			"GITHUB_ACTIONS": "true", "GITHUB_EVENT_PATH": file, "GITHUB_REPOSITORY": "o/r", "GITHUB_SERVER_URL": "https://github.com", "GITHUB_SHA": "c",
		}))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if e.PullRequest != tt.number || e.Base != tt.base || e.Head != tt.head || e.Fork != tt.fork {
			t.Errorf("%s: %+v", tt.name, e)
		}
		if got, want := e.Link("a b/(c).yaml", 3, 5), "https://github.com/o/r/blob/c/a%20b/%28c%29.yaml#L3-L5"; got != want {
			t.Errorf("link %s, want %s", got, want)
		}
	}
	if e, err := Detect(env(nil)); e != nil || err != nil {
		t.Errorf("outside of a run: %v, %v", e, err)
	}
}

func env(m map[string]string) func(string) string { return func(k string) string { return m[k] } }

// TestOutputs reads the file the way the runner does; a value cannot end
// itself.
func TestOutputs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "output")
	evil := "x\nsekisho_\n_GitHubActionsFileCommandDelimeter_\nexit-code=0"
	if err := WriteOutputs(file, []Output{{"findings", "3"}, {"sarif-file", evil}}); err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for rest := string(src); rest != ""; {
		name, after, ok := strings.Cut(rest, "<<")
		delimiter, after, ok2 := strings.Cut(after, "\n")
		value, after, ok3 := strings.Cut(after, "\n"+delimiter+"\n")
		if !ok || !ok2 || !ok3 {
			t.Fatalf("%q", rest)
		}
		got[name] = value
		rest = after
	}
	if len(got) != 2 || got["findings"] != "3" || got["sarif-file"] != evil {
		t.Errorf("%q", got)
	}
}

func FuzzDiff(f *testing.F) {
	f.Add("@@ -1,2 +1,3 @@\n kind: Pod\n+hostPID: true\n metadata: {}")
	f.Add("@@ -1 +0,0 @@\n-x\n@@ -9 +8 @@ x\n+y")
	f.Fuzz(func(t *testing.T, patch string) {
		d := diff{}
		d.add("a", patch)
		for _, h := range d["a"] {
			for n := range h.added {
				if n < h.first || n > h.last {
					t.Errorf("line %d outside of %d–%d in %q", n, h.first, h.last, patch)
				}
			}
		}
	})
}
