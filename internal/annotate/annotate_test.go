package annotate

import (
	"strings"
	"testing"
)

func TestMark(t *testing.T) {
	key, fingerprint := Key("ci", "gate"), strings.Repeat("a1", 16)
	open := Mark(key, StateOpen, fingerprint, "may run as root\n")
	resolved := Resolved(key, fingerprint, strings.ReplaceAll(open, "\n", "\r\n"))
	for _, tt := range []struct {
		name, key, body string
		state           string // "" for a comment that is not ours
	}{
		{"open", key, open, StateOpen},
		{"stored with CRLF", key, strings.ReplaceAll(open, "\n", "\r\n"), StateOpen},
		{"resolved", key, resolved, StateResolved},
		{"another gate's", Key("ci", "other"), open, ""},
		{"quoted by somebody", key, "> " + open, ""},
		{"on a later line", key, "x\n" + open, ""},
		{"of no form", key, "<!-- sekisho -->\nx", ""},
	} {
		state, got, ok := ReadMark(tt.key, tt.body)
		if ok != (tt.state != "") || state != tt.state || ok && got != fingerprint {
			t.Errorf("%s: %q, %q, %v", tt.name, state, got, ok)
		}
	}
	if !strings.Contains(resolved, "No longer found") || !strings.Contains(resolved, "may run as root") {
		t.Errorf("resolved: %q", resolved)
	}
	if Key("a", "b") == Key("ab") || Key("a", "b") == Key("a\x00b", "") {
		t.Error("different gates have one key")
	}
}

func TestClip(t *testing.T) {
	line := strings.Repeat("é", 50) + "\n"
	body := Clip(strings.Repeat(line, 2000))
	if len(body) > maxBody+100 || !strings.HasSuffix(body, "é\n\nThe rest is in the log.\n") {
		t.Errorf("%d bytes, ending in %q", len(body), body[len(body)-60:])
	}
	if Clip(line) != line {
		t.Error("a short body is changed")
	}
}

func TestResolvedSuggestsNothing(t *testing.T) {
	block, _ := SuggestionBlock("a: 1")
	key, fingerprint := Key("ci"), strings.Repeat("a1", 16)
	got := Resolved(key, fingerprint, Mark(key, StateOpen, fingerprint, "may run as root\n"+block))
	if want := Mark(key, StateResolved, fingerprint, resolvedNote+"may run as root\n"); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestSuggestionBlock: a stranger's text does not end its fence.
func TestSuggestionBlock(t *testing.T) {
	for text, want := range map[string]string{
		"  a: 1\n  b: 2":          "\n```suggestion\n  a: 1\n  b: 2\n```\n",
		"```\n<b>@everyone</b>":   "\n````suggestion\n```\n<b>@everyone</b>\n````\n",
		"a: 1\r\nb: 2":            "",
		"a: \x1b[31m":             "",
		"a: \u202eevil":           "",
		strings.Repeat("x", 5000): "",
	} {
		got, ok := SuggestionBlock(text)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", text, got, ok)
		}
	}
}
