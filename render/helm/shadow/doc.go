// Package shadow finds the line that a human would edit to change a field that
// a Helm chart rendered.
//
// In goes a chart as the stock SDK rendered it; out come, on demand, the
// template line behind a field or a printed line, and the values key that fed
// it. The package hides a second template engine.
//
// # Why a second render
//
// Helm forgets where text came from. Parsing templates by hand cannot find it
// again, because text travels: through include, nindent, variables, dicts, tpl,
// toYaml. So the chart is rendered once more by an engine that marks what it
// prints. Policies never see this render. The stock render is the truth; the
// second one is believed only for files in which, its markers taken off, it is
// equal to the truth byte by byte (lines that hold something random apart).
// Where it is not, the answer is the file, and says so.
//
// # How text is marked
//
// Each template is parsed by text/template/parse and its tree is rewritten
// (rewrite.go); text/template executes the rewritten tree, so that all of its
// rules hold:
//
//	some text      {{ __text 7 }}                         a marker before each line
//	{{ P }}        {{ __emit (__begin 8) (P') }}          a marker before each unmarked line
//	{{ $x := P }}  {{ $x := __def (__begin 9) 3 (P') }}   what was read for P belongs to $x
//	{{ if P }}     {{ if __cond (__begin 10) (P') }}      P encloses what comes until the end
//	.a.b  $x.a.b   __read 11 . .a.b                       evaluated as ever, and logged
//	dict "k" V     __dict "k" (__arg (__open) (V'))       what was read for V belongs to that key
//
// A marker (marker.go) is a number in private-use characters that name an
// instance (run.go): one execution of one place, with the template it ran in,
// the call that ran the template, the conditions around it and the values read
// for it. Markers travel with the text. Functions that could be disturbed by
// them get clean arguments, and the log remembers whose text it was; only
// functions known to be safe are spared, so that an unknown function cannot do
// harm.
//
// # How values are traced
//
// Helm hands the same maps through with, range, $, dict, include, tpl and the
// scopes of subcharts. An index from a map's place in memory to its path
// (access.go) therefore says which value is read wherever it is read. The logs
// give candidates for a field; their rank says how likely each is (perturb.go);
// and then each is put to the test: change the key, render that one file again
// (unmarked), and see whether the field changes. A key is never called
// confirmed on looks alone. Its line is sought through the layers of values
// (values.go), strongest first: set pairs, values files, a parent's values under
// its subchart's name, a chart's own, what import-values brings up.
//
// # Which line is the answer
//
// The one whose edit changes this field and little else.
//
//   - The values key, if one confirmed key alone feeds the field: if it is the
//     field's whole value and no other key is a part of it, or if it is the only
//     one. A key below which the value hangs, printed by toYaml, counts with
//     the value's own line.
//   - Else the template line: the innermost template that had a part in all of
//     the field's text. For "{{ include "name" . }}-config" that is the line
//     itself, for {{ include "name" . }} the helper.
//   - But a helper of a chart that Chart.yaml takes from a remote repository is
//     not edited, even if its unpacked copy is committed: the next update would
//     undo it. There the innermost call in a chart of this repository is the
//     answer. Charts without a repository, or with file://, are at home here.
//     A file that belongs to a vendored chart as a whole keeps its line, because
//     nothing closer exists; that of a packed chart (.tgz) is answered with the
//     line of Chart.yaml that brings the chart in. Likewise a vendored chart's own
//     values.yaml is the answer if it decides the field; where the parent says
//     anything about that chart, its line is related, with the Key to set there.
//   - For a field that is absent: the nearest ancestor, with precision parent.
//     If setting exactly one values key makes the field appear, it is the line
//     of that key, or of the nearest of its parents that is written down; the
//     answer's Key then names what to add.
//
// Everything else on the way is related: what printed the text, calls, values,
// conditions. Also the condition that was false and whose text would have
// written an absent field.
//
// # What it costs
//
// Nothing until somebody asks. Then one marked render of the template file in
// question, and one bare render of it for each key put to the test, over parse
// trees that charts with equal files share. Limits (limits.go) bound both.
package shadow
