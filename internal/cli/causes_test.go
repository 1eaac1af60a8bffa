package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sekisho/sekisho/internal/model"
)

// Each finding is given as "rule object path" at a location; the answer lists
// what each finding that stays stands for.
func TestMergeCauses(t *testing.T) {
	value := func(line, end int) model.Location {
		return model.Location{File: "values.yaml", StartLine: line, StartColumn: 3, EndLine: end, EndColumn: 9, Precision: model.Exact, Role: model.RoleValue}
	}
	template := func(line int) model.Location {
		return model.Location{File: "pod.yaml", StartLine: line, StartColumn: 3, EndLine: line, EndColumn: 9, Precision: model.Exact, Role: model.RoleTemplate}
	}
	finding := func(kind, path string, at model.Location) model.Finding {
		p, err := model.ParsePath(path)
		if err != nil {
			t.Fatal(err)
		}
		return model.Finding{Rule: "r", Severity: model.SeverityError, Object: model.ObjectID{Kind: kind, Name: "x"}, Path: p, Location: at}
	}
	accepted := func(f model.Finding, by string) model.Finding {
		f.Suppressed = &model.Suppression{Kind: by}
		return f
	}
	tests := map[string]struct {
		findings []model.Finding
		want     [][]string
	}{
		"the containers of a loop": {
			[]model.Finding{
				finding("Pod", "spec.containers[0].image", template(3)),
				finding("Pod", "spec.containers[1].image", template(3)),
			},
			[][]string{{"Pod spec.containers[0].image", "Pod spec.containers[1].image"}},
		},
		"workloads of several kinds made by a helper": {
			[]model.Finding{
				finding("CronJob", "spec.jobTemplate.spec.template.spec.hostPID", template(3)),
				finding("Deployment", "spec.template.spec.hostPID", template(3)),
				finding("Pod", "spec.hostPID", template(3)),
			},
			[][]string{{"CronJob spec.jobTemplate.spec.template.spec.hostPID", "Deployment spec.template.spec.hostPID", "Pod spec.hostPID"}},
		},
		"two fields of one line of a template": {
			[]model.Finding{
				finding("Role", "rules[0].resources[0]", template(3)),
				finding("Role", "rules[0].verbs[0]", template(3)),
			},
			[][]string{{"Role rules[0].resources[0]"}, {"Role rules[0].verbs[0]"}},
		},
		"two fields that print one values key": {
			[]model.Finding{
				finding("Pod", "spec.containers[0].livenessProbe.httpGet.host", value(4, 4)),
				finding("Pod", "spec.containers[0].readinessProbe.httpGet.host", value(4, 4)),
			},
			[][]string{{"Pod spec.containers[0].livenessProbe.httpGet.host", "Pod spec.containers[0].readinessProbe.httpGet.host"}},
		},
		"two fields of a manifest that is one value": {
			[]model.Finding{
				finding("Secret", "data.a", value(4, 9)),
				finding("Secret", "data.b", value(4, 9)),
			},
			[][]string{{"Secret data.a"}, {"Secret data.b"}},
		},
		"a finding given twice": {
			[]model.Finding{
				finding("Pod", "spec.hostPID", template(3)),
				finding("Pod", "spec.hostPID", template(3)),
			},
			[][]string{{"Pod spec.hostPID"}},
		},
		"one accepted by an exception, one not": {
			[]model.Finding{
				accepted(finding("Deployment", "spec.template.spec.hostPID", template(3)), "config"),
				finding("Pod", "spec.hostPID", template(3)),
			},
			[][]string{{"Deployment spec.template.spec.hostPID"}, {"Pod spec.hostPID"}},
		},
		"one known to a baseline": {
			[]model.Finding{
				accepted(finding("Deployment", "spec.template.spec.hostPID", template(3)), "baseline"),
				finding("Pod", "spec.hostPID", template(3)),
			},
			[][]string{{"Deployment spec.template.spec.hostPID", "Pod spec.hostPID"}},
		},
		"files of which no line is known": {
			[]model.Finding{
				finding("Deployment", "spec.template.spec.hostPID", model.FileLocation("pod.yaml", model.RoleTemplate)),
				finding("Pod", "spec.hostPID", model.FileLocation("pod.yaml", model.RoleTemplate)),
			},
			[][]string{{"Deployment spec.template.spec.hostPID"}, {"Pod spec.hostPID"}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got [][]string
			for _, f := range mergeCauses(test.findings) {
				one := []string{f.Object.Kind + " " + f.Path.String()}
				for _, also := range f.Also {
					one = append(one, also.Object.Kind+" "+also.Path.String())
				}
				got = append(got, one)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("findings differ (-want +got):\n%s", diff)
			}
		})
	}
}
