package sarif

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/sekisho/sekisho/internal/model"
)

// TestLimits: what code scanning would refuse or drop is cut, the least severe
// first, and the file says so.
func TestLimits(t *testing.T) {
	rule := model.Rule{
		ID: "a-rule", Category: "pod", Severity: model.SeverityError, Title: strings.Repeat("t", 2000), Description: strings.Repeat("é", 2000),
	}
	for i := range 30 {
		rule.Standards = append(rule.Standards, model.Standard{Name: "standard", Section: fmt.Sprint(i)})
	}
	place := model.Location{File: "charts/a/templates/deployment.yaml", StartLine: 3, StartColumn: 1, EndLine: 3, EndColumn: 9}
	r := &model.Result{Tool: model.Tool{Name: "sekisho", Version: "1.2.3"}, Rules: []model.Rule{rule}}
	for i := range maxResults + 10 {
		f := model.Finding{
			Rule: rule.ID, Severity: model.SeverityNote, Message: fmt.Sprintf("container %d may run as root", i), Location: place,
			Object: model.ObjectID{Kind: "Deployment", Name: fmt.Sprint(i)}, Fingerprint: fmt.Sprintf("%032x", i),
		}
		if i >= maxResults { // the worst come last
			f.Severity = model.SeverityError
		}
		if i == 0 {
			f.Related = make([]model.Location, 2*maxRelated)
		}
		r.Findings = append(r.Findings, f)
	}
	r.Findings[0].Severity = model.SeverityError
	var out bytes.Buffer
	if err := Write(&out, r, Options{}); err != nil {
		t.Fatal(err)
	}
	var log struct {
		Runs []struct {
			Tool struct {
				Driver struct {
					Rules []struct {
						ShortDescription, FullDescription struct{ Text string }
						Properties                        struct{ Tags []string }
					}
				}
			}
			Results []struct {
				RelatedLocations []any
				Level            string
			}
			Invocations []struct {
				ToolExecutionNotifications []struct{ Message struct{ Text string } }
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if len(log.Runs) != 1 {
		t.Fatalf("%d runs", len(log.Runs))
	}
	run := log.Runs[0]
	worst := 0
	for _, res := range run.Results {
		if res.Level == "error" {
			worst++
		}
	}
	if len(run.Results) != maxResults || worst != 11 {
		t.Errorf("%d results, %d of the 11 errors", len(run.Results), worst)
	}
	if n := len(run.Results[0].RelatedLocations); n != maxRelated {
		t.Errorf("%d related locations", n)
	}
	if said := fmt.Sprint(run.Invocations); !strings.Contains(said, "10 findings of the least severity are left out") {
		t.Errorf("notifications: %s", said)
	}
	d := run.Tool.Driver.Rules[0]
	if len(d.Properties.Tags) > maxTags || len(d.ShortDescription.Text) > maxDescription || len(d.FullDescription.Text) > maxDescription {
		t.Errorf("%d tags, descriptions of %d and %d bytes", len(d.Properties.Tags), len(d.ShortDescription.Text), len(d.FullDescription.Text))
	}
	// The upload takes 10 MB.
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil || packed.Len() > 10_000_000 {
		t.Errorf("%d bytes packed (%v)", packed.Len(), err)
	}
}
