package policy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/sekisho/sekisho/internal/model"
)

// custom are the keys a rule may write under custom in its METADATA. Any other
// key is an error: a misspelt severity must not become a default.
type custom struct {
	Severity         model.Severity   `json:"severity"`
	SecuritySeverity float64          `json:"security_severity"`
	Profile          string           `json:"profile"`
	Confidence       string           `json:"confidence"`
	Kinds            []string         `json:"kinds"`
	PSS              *model.PSS       `json:"pss"`
	Standards        []model.Standard `json:"standards"`
	Remediation      string           `json:"remediation"`
	Params           map[string]any   `json:"params"`
	Since            string           `json:"since"`
	Aliases          []string         `json:"aliases"`
	Sensitive        bool             `json:"sensitive"`
	Fixable          bool             `json:"fixable"`
}

// The classes that stand beside kind names in custom.kinds: every object that
// carries a pod, and every Kubernetes object (a Dockerfile is none).
const (
	kindWorkload   = "workload"
	kindAny        = "any"
	kindDockerfile = "Dockerfile"
)

// metadata decodes the METADATA block of a rule's package.
func metadata(m *ast.Module, category, id string) (model.Rule, error) {
	i := slices.IndexFunc(m.Annotations, func(a *ast.Annotations) bool { return a.Scope == "package" })
	if i < 0 {
		return model.Rule{}, fmt.Errorf("rule %q has no METADATA above its package", id)
	}
	a := m.Annotations[i]
	b, err := json.Marshal(a.Custom)
	if err != nil {
		return model.Rule{}, fmt.Errorf("rule %q: METADATA: %w", id, err)
	}
	// Defaults are what most rules would write.
	c := custom{Profile: model.ProfileDefault, Confidence: "high"}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&c); err != nil {
		return model.Rule{}, fmt.Errorf("rule %q: METADATA: custom: %s", id, strings.TrimPrefix(err.Error(), "json: "))
	}
	r := model.Rule{
		ID: id, Category: category,
		Title: strings.TrimSpace(a.Title), Description: strings.TrimSpace(a.Description),
		Severity: c.Severity, SecuritySeverity: c.SecuritySeverity, Profile: c.Profile, Confidence: c.Confidence,
		Kinds: c.Kinds, PSS: c.PSS, Standards: c.Standards, Remediation: strings.TrimSpace(c.Remediation),
		Params: c.Params, Since: c.Since, Aliases: c.Aliases, Sensitive: c.Sensitive, Fixable: c.Fixable,
	}
	for _, res := range a.RelatedResources {
		r.Links = append(r.Links, res.Ref.String())
	}
	if err := check(r); err != nil {
		return model.Rule{}, fmt.Errorf("rule %q: METADATA: %w", id, err)
	}
	return r, nil
}

// check finds what is missing or out of range in a rule's METADATA. Only what
// a finding cannot do without is asked of users' rules as well.
func check(r model.Rule) error {
	var errs []error
	if r.Title == "" {
		errs = append(errs, errors.New("title is missing"))
	}
	if r.Severity.Rank() > 2 {
		errs = append(errs, fmt.Errorf("severity is %q: error, warning or note", r.Severity))
	}
	if r.SecuritySeverity < 0 || r.SecuritySeverity > 10 {
		errs = append(errs, fmt.Errorf("security_severity is %v: 0.1 to 10", r.SecuritySeverity))
	}
	if r.Profile != model.ProfileDefault && r.Profile != model.ProfileStrict {
		errs = append(errs, fmt.Errorf("profile is %q: default or strict", r.Profile))
	}
	if r.Confidence != "high" && r.Confidence != "medium" {
		errs = append(errs, fmt.Errorf("confidence is %q: high or medium", r.Confidence))
	}
	if len(r.Kinds) == 0 {
		errs = append(errs, errors.New("kinds is missing: workload, any or kind names"))
	}
	for _, k := range r.Kinds {
		if k == "" || k != kindWorkload && k != kindAny && (k[0] < 'A' || k[0] > 'Z') {
			errs = append(errs, fmt.Errorf("kinds has %q: workload, any or kind names", k))
		}
	}
	return errors.Join(errs...)
}

// describe takes title and description of a conftest-style rule from its
// METADATA, if it has any.
func describe(r *model.Rule, rule *ast.Rule) {
	for _, a := range rule.Annotations {
		if a.Title != "" {
			r.Title = strings.TrimSpace(a.Title)
		}
		if a.Description != "" {
			r.Description = strings.TrimSpace(a.Description)
		}
	}
}

// judges tells whether a rule looks at objects of this kind.
func (r *rule) judges(kind string, workload bool) bool {
	for _, k := range r.Kinds {
		if k == kind || k == kindWorkload && workload || k == kindAny && kind != kindDockerfile {
			return true
		}
	}
	return r.conftest && kind != kindDockerfile
}
