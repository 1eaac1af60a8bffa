package cli

import (
	"cmp"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/sekisho/sekisho/internal/changes"
	"github.com/sekisho/sekisho/internal/config"
	"github.com/sekisho/sekisho/internal/discover"
	"github.com/sekisho/sekisho/internal/facts"
	"github.com/sekisho/sekisho/internal/fix"
	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/policy"
	"github.com/sekisho/sekisho/internal/repofs"
	"github.com/sekisho/sekisho/internal/report"
	"github.com/sekisho/sekisho/render"
)

// scanner is one scan: its settings, resolved once, and the stages.
type scanner struct {
	app         *app
	repo        *repository
	paths       []string // relative to the root
	where       discover.Options
	config      *config.File
	profile     string
	kubeVersion string
	jobs        int
	quiet       bool
	inline      bool // honour ignore comments
	render      render.Options
	pool        *render.Pool
	policies    *policy.Set
	engine      *policy.Engine
	ignores     ignores
	changes     *changes.Set // nil when no change is known
	changedOnly bool         // judge only what the change touches
	network     bool         // draw the network maps
	fixes       bool         // keep what working out edits needs
	trial       bool         // no places are needed
	shard       *model.Shard // nil: all of it
	// context are manifests that are rendered because objects of the scanned
	// manifests may refer to theirs, and not reported.
	context map[string]bool
}

// newScanner resolves flags and configuration.
func (a *app) newScanner(ctx context.Context, repo *repository, args []string, f scanFlags) (_ *scanner, err error) {
	s, trusted, err := a.newSelection(ctx, repo, args, f)
	if err != nil {
		return nil, err
	}
	limits, err := repo.limits(f.timeout, f.memory, s.config)
	if err != nil {
		return nil, err
	}
	if s.policies, err = s.loadPolicies(ctx, trusted, f, limits); err != nil {
		return nil, &exitError{exitUsage, err}
	}
	defer func() {
		if err != nil {
			s.policies.Close()
		}
	}()
	var ids []string
	for _, r := range s.policies.Rules() {
		ids = append(ids, r.ID)
		ids = append(ids, r.Aliases...)
	}
	if err := s.config.CheckRules(ids); err != nil {
		return nil, &exitError{exitUsage, err}
	}
	if err := s.newEngine(); err != nil {
		return nil, err
	}
	s.render = render.Options{Root: repo.root, Overlay: repo.over, KubeVersion: s.kubeVersion, Limits: limits, AllowNetwork: f.allowNetwork}
	if s.pool, err = render.NewPool(s.render); err != nil {
		return nil, &exitError{exitIncomplete, err}
	}
	s.ignores = ignores{fsys: repo.fs(), files: map[string][]ignore{}}
	return s, nil
}

// newSelection resolves what decides about which units a scan is. The answer
// cannot judge yet. trusted holds the configuration, the policies it names and
// the ignore files; nil for the tree.
func (a *app) newSelection(ctx context.Context, repo *repository, args []string, f scanFlags) (s *scanner, trusted fs.FS, err error) {
	s = &scanner{app: a, repo: repo, jobs: jobsOrDefault(f.jobs), quiet: f.quiet, inline: !f.noInlineIgnores}
	if len(args) == 0 {
		args = []string{"."}
	}
	if s.paths, err = repo.relative(args); err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	if f.trustedConfig != "" {
		if f.config != "" {
			return nil, nil, usagef("--config and --trusted-config: give one of them")
		}
		if trusted, err = repo.revision(ctx, f); err != nil {
			return nil, nil, err
		}
	}
	if s.config, err = readConfig(repo.fs(), trusted, f.config); err != nil {
		return nil, nil, &exitError{exitUsage, err}
	}
	s.where = repo.discoverOptions(s.paths, s.config, trusted, f.config)
	s.profile = cmp.Or(f.profile, s.config.Profile, model.ProfileDefault)
	if s.profile != model.ProfileDefault && s.profile != model.ProfileStrict {
		return nil, nil, usagef("--profile %q is neither default nor strict", s.profile)
	}
	if s.kubeVersion, err = parseKubeVersion(f.kubeVersion); err != nil {
		return nil, nil, usagef("--kube-version: %w", err)
	}
	if f.jobs < 0 {
		return nil, nil, usagef("--jobs %d is less than nothing", f.jobs)
	}
	if s.shard, err = parseShard(f.shard); err != nil {
		return nil, nil, usagef("--shard: %w", err)
	}
	if ref := cmp.Or(f.changedSince, f.mark); ref != "" {
		bounds, err := repo.gitBounds(f, s.config)
		if err != nil {
			return nil, nil, err
		}
		s.changedOnly = f.changedSince != ""
		s.changes, err = changes.Since(ctx, bounds, ref)
		switch {
		case err != nil && s.changedOnly:
			return nil, nil, usagef("--changed-since: %w", err)
		case err != nil:
			fmt.Fprintf(a.err, "sekisho: which lines are changed is not known: %s\n", report.Text(err.Error()))
		}
	}
	return s, trusted, nil
}

// close ends the scanner's processes.
func (s *scanner) close() {
	s.pool.Close()
	s.policies.Close()
}

// readConfig reads the file --config names, else .sekisho.yaml at the top of
// trusted, or of the tree when that is nil, if there is one. "none" is the
// default configuration. The tree's own may raise limits so far only.
func readConfig(tree, trusted fs.FS, name string) (*config.File, error) {
	switch name {
	case "none":
		return &config.File{}, nil
	case "":
		fsys := trusted
		if fsys == nil {
			fsys = tree
		}
		src, err := fs.ReadFile(fsys, config.Name)
		if errors.Is(err, fs.ErrNotExist) {
			return &config.File{}, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the configuration: %w", err)
		}
		c, err := config.Parse(config.Name, src)
		if err == nil && trusted == nil {
			err = c.CheckCeilings()
		}
		return c, err
	}
	src, err := readFile(name, repofs.DefaultFile)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return config.Parse(filepath.ToSlash(name), src)
}

// loadPolicies reads the built-in rules and the user's policies: those of
// --policy and of the configuration (below trusted), on one road.
func (s *scanner) loadPolicies(ctx context.Context, trusted fs.FS, f scanFlags, limits render.Limits) (*policy.Set, error) {
	c := s.config
	if trusted == nil {
		trusted = s.repo.fs()
	}
	namespaces := f.namespaces
	if len(namespaces) == 0 {
		namespaces = c.Namespaces
	}
	var sources []policy.Source
	for _, dir := range f.policies {
		info, err := os.Stat(dir)
		if err != nil {
			return nil, fmt.Errorf("--policy: %w", err)
		}
		if !info.IsDir() {
			return nil, fmt.Errorf("--policy %s: not a folder", dir)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			return nil, fmt.Errorf("--policy: %w", err)
		}
		defer root.Close() // everything is read when this function is done
		sources = append(sources, policy.Source{FS: repofs.New(root, 0), Name: filepath.ToSlash(dir), Namespaces: namespaces})
	}
	for _, dir := range c.Policies {
		sub, err := fs.Sub(trusted, dir)
		if err != nil {
			return nil, err
		}
		if _, err := fs.Stat(sub, "."); err != nil {
			return nil, &config.Error{File: c.Source, Message: fmt.Sprintf("policies: %s: no such folder", dir)}
		}
		sources = append(sources, policy.Source{FS: sub, Name: dir, Namespaces: namespaces})
	}
	return policy.Isolate(ctx, policy.Bounds{
		Dir: s.repo.dir, Time: limits.Time, Memory: limits.Memory, Answer: limits.Output,
	}, builtinSource, sources...)
}

// whole are the options that find everything, whatever paths were named.
func (s *scanner) whole() discover.Options {
	options := s.where
	options.Paths = nil
	return options
}

// find discovers the units to judge, in groups. What cannot be read is a
// failure.
func (s *scanner) find(ctx context.Context) (*discover.Tree, [][]model.Unit, []model.Failure, error) {
	tree, failures, err := discover.Discover(ctx, s.repo.fs(), s.where)
	if err != nil {
		return nil, nil, nil, &exitError{exitUsage, err}
	}
	return tree, group(s.addContext(ctx, s.touched(tree), tree)), failures, nil
}

// defaultTotal is how long rendering and judging everything may take. What was
// not rendered by then is a failure; the report is written all the same, before
// the CI system ends the job.
const defaultTotal = 30 * time.Minute

// run finds, renders, judges and locates.
func (s *scanner) run(ctx context.Context) (*model.Result, error) {
	tree, groups, failures, err := s.find(ctx)
	if err != nil {
		return nil, err
	}
	if groups, err = s.shardOf(tree, groups); err != nil {
		return nil, &exitError{exitUsage, err}
	}
	total := cmp.Or(time.Duration(s.config.Limits.Total), defaultTotal)
	timed, cancel := context.WithTimeoutCause(ctx, total, fmt.Errorf("the scan took longer than %v", total))
	defer cancel()
	outcomes := s.judgeAll(timed, groups)
	if ctx.Err() != nil {
		return nil, errInterrupted
	}
	result := s.result(failures, outcomes)
	s.ignores.complain(s.app)
	return result, nil
}

// errInterrupted ends a command that a signal stopped.
var errInterrupted = &exitError{exitIncomplete, errors.New("interrupted")}

// result joins what became of the groups, and of what could not be read.
func (s *scanner) result(failures []model.Failure, outcomes []outcome) *model.Result {
	result := &model.Result{
		Version:  model.ResultVersion,
		Tool:     model.Tool{Name: "sekisho", Version: Version()},
		Shard:    s.shard,
		Rules:    s.engine.Rules(),
		Units:    []model.UnitSummary{},
		Findings: []model.Finding{},
		Failures: append([]model.Failure{}, failures...),
	}
	for _, o := range outcomes {
		s.suppress(o.findings)
		o.relate()
		result.Units = append(result.Units, o.units...)
		result.Findings = append(result.Findings, o.findings...)
		result.Failures = append(result.Failures, o.failures...)
		result.Network = append(result.Network, o.network...)
	}
	result.Failures = mergeFailures(result.Failures)
	result.Findings = mergeCauses(result.Findings)
	s.markChanged(result)
	return result
}

// discoverOptions says what to look for: the paths, as the configuration has
// it. The ignore files are those beside the configuration: of the tree, of the
// trusted revision, or none when --config names another file or none.
func (r *repository) discoverOptions(paths []string, c *config.File, trusted fs.FS, named string) discover.Options {
	options := discover.Options{Paths: paths, Exclude: c.Exclude, ValuesRequired: c.ValuesRequired, Index: r.index, Ignore: trusted}
	if named != "" {
		options.Ignore = embed.FS{} // an empty one
	}
	for _, release := range c.Releases {
		options.Releases = append(options.Releases, discover.Release{
			Name: release.Name, Chart: release.Chart, Namespace: release.Namespace, Values: release.Values, Set: release.SetStrings(), File: c.Source,
		})
	}
	return options
}

// touched are the units of the tree that the change at hand touches, all of
// them when there is none.
func (s *scanner) touched(tree *discover.Tree) []model.Unit {
	if !s.changedOnly {
		return tree.Units
	}
	same := func(a model.Unit) func(model.Unit) bool {
		return func(b model.Unit) bool { return a.Kind == b.Kind && a.Path == b.Path && a.Variant == b.Variant }
	}
	touched := tree.Touching(s.changes.Files())
	return slices.DeleteFunc(slices.Clone(tree.Units), func(u model.Unit) bool { return !slices.ContainsFunc(touched, same(u)) })
}

// addContext adds manifests that are only looked at: a pod in one file is
// covered by a NetworkPolicy in the next. When a change or a file was named,
// the neighbours are the other manifests of the tree, or of the file's folder.
func (s *scanner) addContext(ctx context.Context, units []model.Unit, tree *discover.Tree) []model.Unit {
	reported := map[string]bool{}
	folders := map[string]bool{}
	for _, u := range units {
		if u.Kind == model.Raw {
			reported[u.Path] = true
			if slices.Contains(s.paths, u.Path) {
				folders[path.Dir(u.Path)] = true
			}
		}
	}
	if len(reported) == 0 {
		return units
	}
	neighbours := tree.Units
	for _, dir := range slices.Sorted(maps.Keys(folders)) {
		// What cannot be read there is not part of this scan.
		options := s.where
		options.Paths, options.Releases, options.Shallow = []string{dir}, nil, true
		if near, _, err := discover.Discover(ctx, s.repo.fs(), options); err == nil {
			neighbours = append(slices.Clone(neighbours), near.Units...)
		}
	}
	s.context = map[string]bool{}
	units = slices.Clone(units)
	for _, u := range neighbours {
		if u.Kind == model.Raw && !reported[u.Path] && !s.context[u.Path] {
			s.context[u.Path] = true
			units = append(units, u)
		}
	}
	return units
}

// markChanged notes the first place of each finding's chain that the change
// touches: hosts show nothing outside the diff.
func (s *scanner) markChanged(r *model.Result) {
	if s.changes == nil {
		return
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		for _, l := range append([]model.Location{f.Location}, f.Related...) {
			if l.Precision != model.File && s.changes.Touches(l.File, l.StartLine, l.EndLine) {
				f.Changed = &l
				break
			}
		}
	}
}

// group joins the units that are judged together: the variants of one chart,
// all raw files, all Dockerfiles. Within a group objects know each other.
func group(units []model.Unit) [][]model.Unit {
	var groups [][]model.Unit
	at := map[string]int{}
	for _, u := range units {
		key := groupKey(u.Kind, u.Path)
		i, ok := at[key]
		if !ok {
			i = len(groups)
			at[key] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], u)
	}
	return groups
}

func groupKey(kind model.Kind, path string) string {
	if kind == model.Helm || kind == model.Kustomize {
		return string(kind) + " " + path
	}
	return string(kind)
}

// outcome is what became of one group.
type outcome struct {
	units    []model.UnitSummary
	findings []model.Finding
	related  [][]model.Location // by finding: what its rule points at besides
	failures []model.Failure
	network  []model.NetworkMap
	objects  []fix.Object // with scanner.fixes: all that were judged
}

// relate adds what the rules point at to the chains of the findings. Until then
// a chain is what leads to the field, which is where a comment can accept the
// finding: one in another object's file cannot.
func (o *outcome) relate() {
	for i, locations := range o.related {
		o.findings[i].Related = append(slices.Clip(o.findings[i].Related), locations...)
	}
}

// judgeAll renders and judges the groups, several at once: while one is
// rendered in a worker process, another is judged here. What becomes of a group
// does not depend on the others.
func (s *scanner) judgeAll(ctx context.Context, groups [][]model.Unit) []outcome {
	outcomes := make([]outcome, len(groups))
	progress := s.app.newProgress(len(groups), s.quiet)
	defer progress.done()
	next := make(chan int)
	var wg sync.WaitGroup
	for range min(s.jobs, len(groups)) {
		wg.Go(func() {
			for i := range next {
				outcomes[i] = s.judgeGroup(ctx, groups[i])
				progress.step()
			}
		})
	}
	for i := range groups {
		next <- i
	}
	close(next)
	wg.Wait()
	return outcomes
}

// judgeGroup renders the units of a group in one session and judges them.
func (s *scanner) judgeGroup(ctx context.Context, units []model.Unit) outcome {
	session := s.pool.Session(ctx)
	rendered := make([]*model.Rendered, 0, len(units))
	var late []model.Failure
	for _, u := range units {
		if err := context.Cause(ctx); err != nil {
			if s.context[u.Path] {
				continue
			}
			ref := u.Ref()
			late = append(late, model.Failure{Unit: &ref, File: s.pool.FileOf(u), Message: fmt.Sprintf("render %s: %v", u.Path, err)})
			continue
		}
		rendered = append(rendered, session.Render(u))
	}
	var o outcome
	if len(rendered) > 0 {
		o = s.judge(ctx, rendered)
	}
	o.failures = append(o.failures, late...)
	o.failures = append(o.failures, session.Close()...)
	return o
}

// judge turns the renderings of one group into findings with places.
func (s *scanner) judge(ctx context.Context, rendered []*model.Rendered) outcome {
	var o outcome
	for _, r := range rendered {
		if s.context[r.Unit.Path] {
			continue
		}
		o.units = append(o.units, model.UnitSummary{Kind: r.Unit.Kind, Path: r.Unit.Path, Variant: r.Unit.Variant, Objects: len(r.Objects)})
		o.failures = append(o.failures, r.Failures...)
	}
	variants := &variantFindings{index: map[string]int{}, seen: map[string][]int{}, hash: len(rendered) > 1 && !s.fixes}
	if kind := rendered[0].Unit.Kind; kind == model.Raw || kind == model.Docker {
		// One render: objects of different files know each other.
		var objects []model.Object
		var units []model.Unit
		for _, r := range rendered {
			for range r.Objects {
				units = append(units, r.Unit)
			}
			objects = append(objects, r.Objects...)
		}
		variants.hash = false
		o.addNetwork(ctx, s, objects, model.Unit{Kind: kind})
		incomplete := slices.ContainsFunc(rendered, func(r *model.Rendered) bool { return len(r.Failures) > 0 })
		o.failures = append(o.failures, s.judgeRender(ctx, objects, incomplete, func(i int) model.Unit { return units[i] }, variants)...)
	} else {
		drawn := max(0, slices.IndexFunc(rendered, func(r *model.Rendered) bool { return r.Unit.Variant == model.DefaultVariant }))
		o.addNetwork(ctx, s, rendered[drawn].Objects, rendered[drawn].Unit)
		for _, r := range rendered {
			o.failures = append(o.failures, s.judgeRender(ctx, r.Objects, len(r.Failures) > 0, func(int) model.Unit { return r.Unit }, variants)...)
		}
	}
	o.findings, o.objects = variants.findings, variants.judged
	for i := range o.findings {
		f := &o.findings[i]
		f.Fingerprint = fingerprint(f)
		if s.trial {
			continue
		}
		obj := variants.objects[i]
		trace := obj.Origin.Locate(f.Path)
		f.Location, f.Related = trace.Location, trace.Related
		if s.fixes {
			f.Fix = fix.Locate(obj, f.Fix)
		}
		o.related = append(o.related, locate(variants.related[i], f))
	}
	return o
}

// maxRelated bounds what a rule may point at.
const maxRelated = 12

// locate places what a rule points at, each line once and none that the chain
// of the finding has already.
func locate(fields []field, f *model.Finding) []model.Location {
	var out []model.Location
	seen := map[[3]any]bool{}
	key := func(l model.Location) [3]any { return [3]any{l.File, l.StartLine, l.StartColumn} }
	for _, l := range append([]model.Location{f.Location}, f.Related...) {
		seen[key(l)] = true
	}
	for _, field := range fields {
		if len(out) == maxRelated {
			break
		}
		l := field.object.Origin.Locate(field.path).Location
		if l.File == "" || seen[key(l)] {
			continue
		}
		seen[key(l)] = true
		if l.Precision != model.File {
			l.Precision = ""
		}
		if field.other {
			l.Object = &field.object.ID
		}
		out = append(out, l)
	}
	return out
}

// addNetwork keeps the network of a render, when it has workloads and a format
// wants it. Of the variants of a chart one is enough to look at.
// One that cannot be drawn in time is a failure.
func (o *outcome) addNetwork(ctx context.Context, s *scanner, objects []model.Object, u model.Unit) {
	if !s.network {
		return
	}
	var m model.NetworkMap
	n, err := facts.NetworkOf(ctx, objects, facts.Options{KubeVersion: s.kubeVersion, Namespace: u.Namespace})
	if err == nil {
		m, err = n.Map()
	}
	if err != nil {
		ref := u.Ref()
		o.failures = append(o.failures, model.Failure{Unit: &ref, Message: fmt.Sprintf("draw the network: %v", err)})
		return
	}
	if len(m.Groups) > 0 {
		m.Unit = u.Ref()
		o.network = append(o.network, m)
	}
}

// judgeRender judges the objects of one render and adds what it finds. In an
// incomplete render what is absent may exist all the same.
func (s *scanner) judgeRender(ctx context.Context, objects []model.Object, incomplete bool, unit func(int) model.Unit, variants *variantFindings) []model.Failure {
	options := facts.Options{KubeVersion: s.kubeVersion, Incomplete: incomplete}
	if len(objects) > 0 {
		options.Namespace = unit(0).Namespace
	}
	views, err := facts.Views(ctx, objects, options)
	if err != nil {
		return s.unjudged(objects, unit, err)
	}
	var unknown []model.Failure
	for i := range views {
		if views[i].Context = s.context[unit(i).Path]; views[i].Context {
			continue // what is not known about it is nothing of this scan
		}
		for _, what := range views[i].Unknown {
			id := objects[i].ID
			f := s.failureOf(unit(i), fmt.Sprintf("judge %s %q: %s", id.Kind, id.Name, what))
			if l := objects[i].Origin.Locate(nil).Location; l.File != "" {
				f.File, f.Line = l.File, l.StartLine
			}
			unknown = append(unknown, f)
		}
	}
	hashes := make([]string, len(objects))
	if variants.hash {
		for i := range views {
			hashes[i] = objectHash(&objects[i])
			_, views[i].Seen = variants.seen[hashes[i]]
		}
	}
	verdicts, failures := s.engine.Judge(ctx, views)
	for i := range failures {
		if failures[i].Unit == nil && len(objects) > 0 {
			ref := unit(0).Ref()
			failures[i].Unit = &ref
		}
	}
	for _, v := range verdicts {
		var related []field
		for _, r := range v.Related {
			related = append(related, field{&objects[r.View], r.Path, r.View != v.View})
		}
		variants.add(&objects[v.View], unit(v.View), v, related, hashes[v.View])
	}
	if s.fixes {
		variants.keep(views, verdicts, unit)
	}
	for i := range views {
		if !variants.hash {
			break
		}
		if views[i].Seen {
			variants.repeat(hashes[i], unit(i).Variant)
		} else if _, ok := variants.seen[hashes[i]]; !ok {
			variants.seen[hashes[i]] = nil
		}
	}
	return append(failures, unknown...)
}

// failureOf says that something about a unit was not judged.
func (s *scanner) failureOf(u model.Unit, message string) model.Failure {
	ref := u.Ref()
	return model.Failure{Unit: &ref, File: s.pool.FileOf(u), Message: message}
}

// unjudged lists the units whose objects are not judged, each once.
func (s *scanner) unjudged(objects []model.Object, unit func(int) model.Unit, why error) []model.Failure {
	var failures []model.Failure
	listed := map[string]bool{}
	for i := range objects {
		if u := unit(i); !listed[u.Path] && !s.context[u.Path] {
			listed[u.Path] = true
			failures = append(failures, s.failureOf(u, fmt.Sprintf("judge %s: %v", u.Path, why)))
		}
	}
	return failures
}

// objectHash stands for an object's whole content.
func objectHash(o *model.Object) string {
	b, err := json.Marshal(o.Value)
	if err != nil {
		return "" // JSON-shaped data always marshals
	}
	sum := sha256.Sum256(b)
	return string(sum[:])
}

// variantFindings collects findings over the variants of a unit. One that
// shows in several variants is one finding that lists them; an object that
// several variants render equally is judged once.
type variantFindings struct {
	findings []model.Finding
	objects  []*model.Object  // of each finding
	related  [][]field        // of each finding
	index    map[string]int   // rule, object, path and message to finding
	seen     map[string][]int // object hash to the findings about that object alone
	hash     bool
	judged   []fix.Object
}

// field is a field of an object, of another than a finding is about perhaps.
type field struct {
	object *model.Object
	path   model.Path
	other  bool
}

func (v *variantFindings) add(o *model.Object, u model.Unit, verdict policy.Verdict, related []field, hash string) {
	key := strings.Join([]string{verdict.Rule.ID, o.ID.APIVersion, o.ID.Kind, o.ID.Namespace, o.ID.Name, verdict.Path.String(), verdict.Message, u.Path}, "\x00")
	i, ok := v.index[key]
	if !ok {
		i = len(v.findings)
		v.index[key] = i
		v.findings = append(v.findings, model.Finding{
			Rule: verdict.Rule.ID, Severity: verdict.Severity, Message: verdict.Message,
			Object: o.ID, Path: verdict.Path, Unit: model.UnitRef{Kind: u.Kind, Path: u.Path}, Fix: verdict.Fix,
		})
		v.objects = append(v.objects, o)
		v.related = append(v.related, related)
	}
	v.addVariant(i, u.Variant)
	if v.hash && !verdict.Beyond {
		v.seen[hash] = append(v.seen[hash], i)
	}
}

// keep remembers the objects of one render with what was found about them.
func (v *variantFindings) keep(views []model.View, verdicts []policy.Verdict, unit func(int) model.Unit) {
	at := map[int]int{} // index of an object among those judged
	for i := range views {
		if o := views[i].Object; !views[i].Context {
			at[i] = len(v.judged)
			v.judged = append(v.judged, fix.Object{Unit: unit(i).Ref(), ID: o.ID, Value: o.Value})
		}
	}
	for _, found := range verdicts {
		if i, ok := at[found.View]; ok {
			v.judged[i].Problems = append(v.judged[i].Problems, fix.Problem{
				Rule: found.Rule.ID, Path: found.Path, Message: found.Message, Fix: found.Fix,
			})
		}
	}
}

// repeat notes that an object judged before shows in one more variant.
func (v *variantFindings) repeat(hash, variant string) {
	for _, i := range v.seen[hash] {
		v.addVariant(i, variant)
	}
}

func (v *variantFindings) addVariant(i int, variant string) {
	if variant != "" && !slices.Contains(v.findings[i].Unit.Variants, variant) {
		v.findings[i].Unit.Variants = append(v.findings[i].Unit.Variants, variant)
	}
}

// fingerprint names a finding by rule, unit, object and path, never by line
// numbers: it stays the same when lines move. 32 hex digits.
func fingerprint(f *model.Finding) string {
	h := sha256.New()
	for _, part := range []string{f.Rule, f.Unit.Path, f.Object.APIVersion, f.Object.Kind, f.Object.Namespace, f.Object.Name, f.Path.String()} {
		fmt.Fprintf(h, "%d:%s\n", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}
