// Package model holds the words every stage of Sekisho shares: what is
// rendered (Unit, Object), where it came from (Origin, Trace, Location), what
// is judged (View, Rule) and what is reported (Finding, Failure, Result).
//
// Stages hand these values to each other and never import one another. The
// types carry no behaviour beyond formatting themselves; their JSON form is
// what `sekisho scan --format json` prints (docs/result.schema.json).
//
// Files are always slash-separated and relative to the repository root. Lines
// and columns count from 1; columns are Unicode code points; an end column is
// the one after the last character, as in SARIF.
package model

import "reflect"

// Kind says which renderer a unit needs.
type Kind string

// The four kinds of source Sekisho knows.
const (
	Helm      Kind = "helm"
	Kustomize Kind = "kustomize"
	Raw       Kind = "raw"
	Docker    Kind = "docker"
)

// Rank is a kind's place in the order of units: charts, kustomizations,
// manifests, Dockerfiles, from 0.
func (k Kind) Rank() int {
	switch k {
	case Helm:
		return 0
	case Kustomize:
		return 1
	case Raw:
		return 2
	case Docker:
		return 3
	}
	return 4
}

// DefaultVariant names the rendering of a chart with its own values alone.
const DefaultVariant = "default"

// Unit is one thing to render. Path is a directory for charts and
// kustomizations ("." for the root itself), a file for the others.
type Unit struct {
	Kind    Kind   `json:"kind"`
	Path    string `json:"path"`
	Variant string `json:"variant,omitempty"` // charts only: "default", "ci/ha-values.yaml" or a release's name

	Release   string            `json:"-"` // charts only: the release name
	Namespace string            `json:"-"` // charts only: the release namespace
	Values    []string          `json:"-"` // charts only: values files in order, relative to the repository root
	Set       map[string]string `json:"-"` // charts only: `--set` pairs, applied in key order after Values
	SetFile   string            `json:"-"` // the file Set was written in (.sekisho.yaml), for locations
}

// Ref names the unit in a finding or failure.
func (u Unit) Ref() UnitRef {
	ref := UnitRef{Kind: u.Kind, Path: u.Path}
	if u.Variant != "" {
		ref.Variants = []string{u.Variant}
	}
	return ref
}

// ObjectID identifies a Kubernetes object within one render.
type ObjectID struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Namespace  string `json:"namespace,omitempty"`
	Name       string `json:"name"`
}

// Object is one rendered document. Value is JSON-shaped Go data
// (map[string]any, []any, string, int64, float64, bool, nil), read the way
// Kubernetes reads YAML. Stages treat it as read-only.
type Object struct {
	ID        ObjectID
	Value     map[string]any
	Origin    Origin
	Generated []Path         // fields whose value a template invents at install time (random passwords, keys, dates)
	Duplicate []DuplicateKey // keys written twice in the source, the later one winning
	// Defaults gives the values the chart brings when nobody sets any, with
	// its subcharts' below their keys. All objects of a render share it; nil
	// outside charts.
	Defaults func() map[string]any
	// Generator says where the entries of a ConfigMap or Secret made by a
	// kustomize generator came from, by data key; nil for all other objects.
	Generator map[string]GeneratorEntry
}

// GeneratorEntry is the source of one data key a kustomize generator made.
type GeneratorEntry struct {
	Field string // "literals", "envs" or "files", as in the generator's entry
	File  string // the file read, relative to the repository root; empty for literals
}

// DuplicateKey is a mapping key that stands twice in one mapping.
type DuplicateKey struct {
	Path Path // of the key
	Line int  // of the second writing, in the rendered or raw document
}

// Origin answers where a field of its object came from. Locate never fails:
// what it cannot place exactly it places less precisely and says so. It may
// be slow (a second render), so it is asked only about findings; it is safe
// for concurrent use.
type Origin interface {
	Locate(Path) Trace
}

// Trace is everything known about where a field came from: the one line whose
// edit changes this field and nothing else, and what lies on the way to it.
type Trace struct {
	Location Location
	Related  []Location
}

// Precision says how far a location can be trusted.
type Precision string

// Exact: this line set the field. Parent: the field is absent, this is its
// nearest existing ancestor. File: only the file is known.
const (
	Exact  Precision = "exact"
	Parent Precision = "parent"
	File   Precision = "file"
)

// Role says what a location is on the way from source to field.
type Role string

// The roles a location can have. Source is a raw file or a Dockerfile.
const (
	RoleSource    Role = "source"
	RoleTemplate  Role = "template"  // the action or text that printed the field
	RoleValue     Role = "value"     // a key of a values file
	RoleInclude   Role = "include"   // a call site up the chain
	RoleGuard     Role = "guard"     // an if that switches the field
	RolePatch     Role = "patch"     // a kustomize patch
	RoleBase      Role = "base"      // the file a patched field stood in
	RoleDirective Role = "directive" // an entry in kustomization.yaml
)

// Location is a range in a file of the repository. With precision File the
// range is the file's first character.
type Location struct {
	File        string    `json:"file"`
	StartLine   int       `json:"startLine"`
	StartColumn int       `json:"startColumn"`
	EndLine     int       `json:"endLine"`
	EndColumn   int       `json:"endColumn"`
	Precision   Precision `json:"precision,omitempty"` // of a finding's location; empty on related ones
	Role        Role      `json:"role"`
	Key         string    `json:"key,omitempty"`       // the values key, printed like a Path
	Confirmed   bool      `json:"confirmed,omitempty"` // changing Key was seen to change the field
	Object      *ObjectID `json:"object,omitempty"`    // of a related location: the object it is about, when that is another
}

// FileLocation is the location of a file as a whole.
func FileLocation(file string, role Role) Location {
	return Location{File: file, StartLine: 1, StartColumn: 1, EndLine: 1, EndColumn: 1, Precision: File, Role: role}
}

// Rendered is what became of one unit. Objects and Failures may both be
// non-empty: one bad document does not hide the others.
type Rendered struct {
	Unit     Unit
	Objects  []Object
	Failures []Failure
	// Manifest is the text `helm template` or `kustomize build` would print
	// for the unit; for raw files the file itself, for Dockerfiles nil.
	Manifest []byte
	// Lines gives the source of each line of Manifest (a zero Location where
	// there is none). Like Origin.Locate it may be slow.
	Lines func() []Location
}

// View is an object made ready for judging: the object, the pod it carries if
// it carries one, and the facts worked out about it. Facts is JSON-shaped
// (docs/writing-rules.md lists the keys).
type View struct {
	Object     *Object
	Pod        *Pod // nil unless the object is a workload
	Containers []Container
	Facts      map[string]any
	// Unknown says which facts are absent because working them out went beyond
	// a bound. Each is a failure: rules that need them find nothing.
	Unknown []string
	// Seen says that an equal object of an earlier variant was judged
	// already, so only rules that look beyond the object need to run.
	Seen bool
	// Context says that the object is there for others to know it and is not
	// judged itself.
	Context bool
}

// RenderFacts are the keys of View.Facts that depend on the other objects of
// the same render; all others depend on the object alone.
var RenderFacts = []string{"network", "references"}

// Pod is the pod template of a workload.
type Pod struct {
	Path Path           // of the pod spec in the object
	Spec map[string]any // never nil
	Meta map[string]any // the template's metadata; may be nil
	// MetaPath addresses Meta in the object.
	MetaPath Path
}

// Container is one container of a Pod.
type Container struct {
	Path  Path // of the container in the object
	Type  string
	Value map[string]any
}

// The types of container, in the order they are listed.
const (
	ContainerMain      = "container"
	ContainerInit      = "init"
	ContainerEphemeral = "ephemeral"
)

// Severity orders findings: error, warning, note.
type Severity string

// The severities, worst first.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityNote    Severity = "note"
)

// Rank is 0 for error, 1 for warning, 2 for note, 3 for anything else.
func (s Severity) Rank() int {
	switch s {
	case SeverityError:
		return 0
	case SeverityWarning:
		return 1
	case SeverityNote:
		return 2
	}
	return 3
}

// The profiles. A rule of the strict profile runs only when strict is asked for.
const (
	ProfileDefault = "default"
	ProfileStrict  = "strict"
)

// Rule is a policy's METADATA, decoded once.
type Rule struct {
	ID               string         `json:"id"`
	Category         string         `json:"category"`
	Severity         Severity       `json:"severity"`
	Profile          string         `json:"profile"`
	Title            string         `json:"title"`
	Description      string         `json:"description,omitempty"`
	Remediation      string         `json:"remediation,omitempty"`
	SecuritySeverity float64        `json:"securitySeverity,omitempty"` // 0.1–10, what code scanning sorts by
	Confidence       string         `json:"confidence,omitempty"`       // high or medium
	Kinds            []string       `json:"kinds,omitempty"`            // "workload" or kinds
	PSS              *PSS           `json:"pss,omitempty"`
	Standards        []Standard     `json:"standards,omitempty"`
	Links            []string       `json:"links,omitempty"`
	Params           map[string]any `json:"params,omitempty"` // defaults
	Since            string         `json:"since,omitempty"`
	Sensitive        bool           `json:"sensitive,omitempty"` // the lines it points at may hold secrets: reports mask them
	Fixable          bool           `json:"fixable,omitempty"`   // some of its findings carry a fix
	Aliases          []string       `json:"aliases,omitempty"`   // earlier ids

	Bad  string `json:"-"` // bad.yaml of the rule's folder
	Good string `json:"-"` // good.yaml
	File string `json:"-"` // where a user's policy was read from
}

// PSS names the Pod Security Standards check a rule equals.
type PSS struct {
	Level string `json:"level"` // baseline or restricted
	Check string `json:"check"`
}

// Standard is a section of a published guide a rule holds to.
type Standard struct {
	Name    string `json:"name"` // "CIS Kubernetes", "NSA/CISA", "Microsoft AKS baseline"
	Section string `json:"section"`
}

// UnitRef names a unit in a finding or failure.
type UnitRef struct {
	Kind     Kind     `json:"kind"`
	Path     string   `json:"path"`
	Variants []string `json:"variants,omitempty"` // in the order they were rendered
}

// Finding is one problem at one place. It is a plain value, not an error.
type Finding struct {
	Rule        string       `json:"rule"`
	Severity    Severity     `json:"severity"`
	Message     string       `json:"message"`
	Object      ObjectID     `json:"object"`
	Path        Path         `json:"path"`
	Unit        UnitRef      `json:"unit"`
	Location    Location     `json:"location"`
	Related     []Location   `json:"related,omitempty"`
	Changed     *Location    `json:"changed,omitempty"` // the first place of the chain that the change at hand touches
	Also        []Occurrence `json:"also,omitempty"`    // further fields the same line caused
	Fingerprint string       `json:"fingerprint"`
	Suppressed  *Suppression `json:"suppressed"`
	Fix         []FixOp      `json:"fix"`
}

// Occurrence is another field that the cause of a finding reaches: the second
// container of a loop, the next object made by the same helper line.
type Occurrence struct {
	Object  ObjectID `json:"object"`
	Path    Path     `json:"path"`
	Message string   `json:"message"`
	Unit    *UnitRef `json:"unit,omitempty"` // when it is another than the finding's, or its variants are
}

// Suppression says who silenced a finding and why.
type Suppression struct {
	Kind   string `json:"kind"` // inline, config or baseline
	Reason string `json:"reason,omitempty"`
	Until  string `json:"until,omitempty"` // YYYY-MM-DD, the last day it holds
	File   string `json:"file,omitempty"`
	Line   int    `json:"line,omitempty"`
}

// FixOp is one edit of the object that removes the finding, in the terms of
// RFC 6902: op is add, replace or remove.
type FixOp struct {
	Op    string `json:"op"`
	Path  Path   `json:"path"`
	Value any    `json:"value,omitempty"`

	// At says where Path comes from, for whoever makes the edit in the source;
	// nil unless asked for. Missing counts the elements at the end of Path
	// that the object does not have.
	At      *Trace `json:"-"`
	Missing int    `json:"-"`
}

// Same tells whether two operations make the same edit.
func (op FixOp) Same(o FixOp) bool {
	return op.Op == o.Op && op.Path.String() == o.Path.String() && reflect.DeepEqual(op.Value, o.Value)
}

// Failure is something that could not be read, rendered or judged. Line is 0
// when unknown; File may be empty when the cause is not a file.
type Failure struct {
	Unit    *UnitRef `json:"unit,omitempty"`
	File    string   `json:"file,omitempty"`
	Line    int      `json:"line,omitempty"`
	Message string   `json:"message"`
	// Need, when set, is what would have to be fetched for the failure to go
	// away.
	Need *Need `json:"-" cbor:"need,omitempty"`
}

// UnitSummary is a unit as the result lists it.
type UnitSummary struct {
	Kind    Kind   `json:"kind"`
	Path    string `json:"path"`
	Variant string `json:"variant,omitempty"`
	Objects int    `json:"objects"`
}

// Tool names the program that made a result.
type Tool struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Shard says that a result is one of several that make a whole.
type Shard struct {
	Index int    `json:"index"` // from 1
	Of    int    `json:"of"`
	Plan  string `json:"plan"` // stands for what was divided and how: shards of one whole have it in common
}

// ResultVersion is the version of the JSON form.
const ResultVersion = "1"

// Result is everything a report is made of.
type Result struct {
	Version  string        `json:"version"`
	Tool     Tool          `json:"tool"`
	Shard    *Shard        `json:"shard,omitempty"` // what a run with --shard looked at
	Rules    []Rule        `json:"rules"`
	Units    []UnitSummary `json:"units"`
	Findings []Finding     `json:"findings"`
	Failures []Failure     `json:"failures"`
	Network  []NetworkMap  `json:"network,omitempty"` // filled when a format is asked for that shows or keeps it
}
