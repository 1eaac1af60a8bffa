package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/report"
)

// TestHostileResults gives saved results that mean harm to convert, merge and
// --baseline. They end with an exit code of the program's own, and with nothing
// in any format that stands outside the repository or speaks to a CI system.
func TestHostileResults(t *testing.T) {
	program, err := exec.LookPath("sekisho")
	if err != nil {
		t.Fatal(err)
	}
	r := newRepo(t)
	run := func(t *testing.T, args ...string) (code int, stdout, stderr string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Dir = r.dir
		cmd.Env = append(os.Environ(), "SEKISHO_TEST_CANARY="+canaryEnv)
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		var exit *exec.ExitError
		if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		return cmd.ProcessState.ExitCode(), out.String(), errs.String()
	}
	_, saved, _ := run(t, "scan", "--quiet", "--format", "json")
	// changed is the saved result with every value of some keys changed.
	changed := func(change func(key string, v any) any) string {
		var doc any
		if err := json.Unmarshal([]byte(saved), &doc); err != nil {
			t.Fatal(err)
		}
		var walk func(key string, v any) any
		walk = func(key string, v any) any {
			switch v := v.(type) {
			case map[string]any:
				for k := range v {
					v[k] = walk(k, v[k])
				}
			case []any:
				for i := range v {
					v[i] = walk(key, v[i])
				}
			}
			return change(key, v)
		}
		text, err := json.Marshal(walk("", doc))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	set := func(value any, keys ...string) string {
		return changed(func(key string, v any) any {
			for _, k := range keys {
				if k == key {
					return value
				}
			}
			return v
		})
	}
	// said puts words behind every text but those of some keys.
	said := func(word string, keep ...string) string {
		return changed(func(key string, v any) any {
			s, ok := v.(string)
			if !ok || strings.Contains(" "+strings.Join(keep, " ")+" ", " "+key+" ") {
				return v
			}
			if key == "path" { // of a field, which has a syntax
				quoted, _ := json.Marshal(word)
				return s + "[" + string(quoted) + "]"
			}
			return s + word
		})
	}
	const words = "\x1b[2K\n::error::pwned\r##vso[task.complete]x\u2028::error::y<script>alert(1)</script>`|</details>"
	results := map[string]struct {
		text string
		bad  bool // is refused
	}{
		"words":          {text: said(words, strings.Fields("version name id category severity profile confidence since aliases kind rule fingerprint precision role")...)},
		"words anywhere": {text: said(words, "version"), bad: true},
		"outside":        {text: set("../outside/secret", "file")},
		"elsewhere":      {text: set(filepath.Join(r.outside, "secret"), "file")},
		"environment":    {text: set("/proc/self/environ", "file")},
		"device":         {text: set("/dev/zero", "file")},
		"no file":        {text: set("", "file")},
		"negative":       {text: set(-5, "startLine", "endLine", "startColumn", "endColumn")},
		"far away":       {text: set(1<<40, "startLine", "endLine", "startColumn", "endColumn")},
		"long":           {text: set(1<<40, "endLine", "endColumn")},
		"no severity":    {text: set("pwned", "severity")},
		"no rule":        {text: set("pwned", "rule")},
		"null":           {text: set(nil, "findings", "units", "failures", "rules", "tool")},
		"null inside":    {text: set([]any{nil}, "findings", "units", "failures", "rules", "network")},
		"other types":    {text: set(5, "findings"), bad: true},
		"no whole lines": {text: set(1.5, "startLine"), bad: true},
		"no number":      {text: strings.Replace(saved, `"startLine": `, `"startLine": NaN, "x": `, 1), bad: true},
		"deep":           {text: strings.TrimSuffix(strings.TrimSpace(saved), "}") + `,"x":` + strings.Repeat("[", 1<<20), bad: true},
		"more behind":    {text: saved + "{}", bad: true},
		"cut":            {text: saved[:len(saved)/2], bad: true},
		"nothing":        {text: "", bad: true},
		"too large":      {text: strings.Repeat(" ", 257<<20) + saved, bad: true},
	}
	for name, result := range results {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "r.json")
			r.write(file, result.text)
			commands := [][]string{{"scan", "--quiet", "--baseline", file}}
			for _, format := range report.Formats() {
				commands = append(commands, []string{"convert", file, "--format", format})
			}
			commands = append(commands, []string{"merge", file, file, "--format", "text"})
			for _, args := range commands {
				code, stdout, stderr := run(t, args...)
				format := args[len(args)-1]
				if code < 0 || code > 3 || result.bad != (code == 2) {
					t.Errorf("%s %s: exit code %d\n%s", args[0], format, code, clip(stderr))
				}
				for _, canary := range []string{canaryFile, canaryEnv, "goroutine "} {
					if strings.Contains(stdout+stderr, canary) {
						t.Errorf("%s %s: shows %q\n%s", args[0], format, canary, clip(stdout+stderr))
					}
				}
				if lines := append(obeyed(format, stdout), obeyed("stderr", stderr)...); len(lines) > 0 {
					t.Errorf("%s %s makes a CI system obey: %q", args[0], format, lines[:min(3, len(lines))])
				}
				if result.bad {
					break // all read it on one road
				}
			}
		})
	}
}
