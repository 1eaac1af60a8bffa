package report

import "testing"

// TestWords: what a host could read something into is code, and the signs
// around it stay outside.
func TestWords(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{`container "web" may run as root`, "container `web` may run as root"},
		{"Leave it empty (`required`), or name a Secret (`existingSecret`).", "Leave it empty (`required`), or name a Secret (`existingSecret`)."},
		{"at ipBlock.except (fd00:ec2::254/128 for ::/0).", "at `ipBlock.except` (`fd00:ec2::254/128` for `::/0`)."},
		{"for example at /tmp.", "for example at `/tmp`."},
		{"call foo() or (bar.baz())", "call `foo()` or (`bar.baz()`)"},
		{"allows get, list on pods/exec, nodes/proxy", "allows get, list on `pods/exec`, `nodes/proxy`"},
		{`"" is empty`, "`\"\"` is empty"},
		{`see "a"b and "x".`, "see `a` b and `x`."},
		{"(:;) @team #12 gh-12 deadbeef", "`(:;) @team #12 gh-12 deadbeef`"},
	} {
		if got := mdWords(tt.in); got != tt.want {
			t.Errorf("%q\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}
