package fetch

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v3/pkg/chart"
	helmloader "helm.sh/helm/v3/pkg/chart/loader"
	"sigs.k8s.io/yaml"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

// asked is a chart that somebody asks for.
type asked struct {
	name       string
	repository string // http(s):// or oci://
	version    string // a version, or a constraint unless it is locked
	locked     bool
}

// dependency gets a dependency of the chart in a folder as `helm dependency
// build` would: the locked versions if there is a lock, else the newest that
// satisfy. The archives go to the chart's charts folder.
func (f *Fetcher) dependency(ctx context.Context, need model.Need) error {
	c, files, err := f.manifest(need.Dir)
	if err != nil {
		return fmt.Errorf("read chart: %w", err)
	}
	fail := func(err error) error {
		return fmt.Errorf("dependency %q of chart %q: %w", need.Name, c.Name(), err)
	}
	deps, lock := c.Metadata.Dependencies, lockFile(files)
	if c.Lock != nil {
		if err := inSync(c); err != nil {
			return fail(&placed{path.Join(need.Dir, lock), lineOf(files[lock], model.Path{"digest"}), err})
		}
		deps = c.Lock.Dependencies
	}
	found := false
	for i, dep := range deps {
		if dep == nil || dep.Name != need.Name {
			continue
		}
		found = true
		archive, err := f.chart(ctx, asked{dep.Name, dep.Repository, dep.Version, c.Lock != nil})
		var wrong *digestError
		if errors.As(err, &wrong) && c.Lock != nil {
			err = &placed{path.Join(need.Dir, lock), lineOf(files[lock], model.Path{"dependencies", i, "name"}), err}
		}
		if err == nil && int64(len(archive.data)) > helmloader.MaxDecompressedFileSize {
			err = fmt.Errorf("%s is larger than the %s that Helm admits of a file in a chart", archive.file(), size(helmloader.MaxDecompressedFileSize))
		}
		if err != nil {
			return fail(err)
		}
		at := path.Join(need.Dir, "charts", archive.file())
		if err := f.install(at, func(tmp string) error { return f.write(tmp, archive.data) }); err != nil {
			return fail(err)
		}
	}
	if !found {
		return fail(&placed{path.Join(need.Dir, lock), lineOf(files[lock], nil), errors.New("the lock does not know it")})
	}
	return nil
}

// manifest reads the files of a chart that speak of its dependencies.
func (f *Fetcher) manifest(dir string) (*chart.Chart, map[string][]byte, error) {
	files := map[string][]byte{}
	var list []*helmloader.BufferedFile
	for _, name := range []string{"Chart.yaml", "Chart.lock", "requirements.yaml", "requirements.lock"} {
		data, err := f.tree.ReadFile(path.Join(dir, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, nil, err
		}
		files[name] = data
		list = append(list, &helmloader.BufferedFile{Name: name, Data: data})
	}
	c, err := helmloader.LoadFiles(list)
	return c, files, err
}

// lockFile is the name of a chart's lock. requirements.lock is that of a chart
// in the old form.
func lockFile(files map[string][]byte) string {
	if _, ok := files["requirements.lock"]; ok {
		return "requirements.lock"
	}
	return "Chart.lock"
}

// inSync compares the digest in a lock with that of the dependencies as they
// are asked for and locked. Helm hashes their JSON; Helm 2 hashed what was
// asked for alone.
func inSync(c *chart.Chart) error {
	hash := func(v any) string {
		data, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		sum := sha256.Sum256(data)
		return "sha256:" + hex.EncodeToString(sum[:])
	}
	req := c.Metadata.Dependencies
	if c.Lock.Digest == hash([2][]*chart.Dependency{req, c.Lock.Dependencies}) {
		return nil
	}
	if c.Metadata.APIVersion == chart.APIVersionV1 && c.Lock.Digest == hash(map[string][]*chart.Dependency{"dependencies": req}) {
		return nil
	}
	return errors.New("the lock is out of sync with the dependencies (run helm dependency update)")
}

// lineOf is the line of a key in a YAML file, 1 for a file without it.
func lineOf(data []byte, at model.Path) int {
	docs, err := yamlpos.Parse(data)
	if err != nil || len(docs) == 0 {
		return 1
	}
	return docs[0].Locate(at).Range.StartLine
}

// pulled gets a chart that a kustomization names with its repository, as `helm
// pull --untar` would.
func (f *Fetcher) pulled(ctx context.Context, need model.Need) error {
	archive, err := f.chart(ctx, asked{name: need.Name, repository: need.Address, version: cmp.Or(need.Version, "*")})
	if err != nil {
		return fmt.Errorf("chart %q: %w", need.Name, err)
	}
	root := hidden(need)
	if err := f.install(root, func(tmp string) error {
		for _, file := range archive.files {
			name := path.Join(tmp, need.Name, file.Name)
			if err := f.opts.Upper.MkdirAll(path.Dir(name), 0o755); err != nil {
				return err
			}
			if err := f.write(name, file.Data); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		return fmt.Errorf("chart %q: %w", need.Name, err)
	}
	at := path.Join(root, need.Name)
	return f.note(need, Place{Path: at, Root: at})
}

// packed is a chart's archive.
type packed struct {
	name, version string
	data          []byte
	files         []*helmloader.BufferedFile
}

func (p *packed) file() string { return p.name + "-" + p.version + ".tgz" }

// chart finds and downloads one chart.
func (f *Fetcher) chart(ctx context.Context, a asked) (*packed, error) {
	lower := strings.ToLower(a.repository)
	var address, version string
	var err error
	var data []byte
	switch {
	case strings.HasPrefix(lower, "oci://"):
		address = strings.TrimSuffix(a.repository, "/") + "/" + a.name
		version, data, err = f.fromRegistry(ctx, address, a)
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		address, version, data, err = f.fromRepository(ctx, a)
	default:
		return nil, fmt.Errorf("its repository %q is neither http(s):// nor oci://, and names from the machine's own helm configuration are not looked up", model.BareAddress(a.repository))
	}
	if err != nil {
		return nil, err
	}
	p, err := open(data)
	if err != nil {
		return nil, fmt.Errorf("unpack %s: %w", model.BareAddress(address), err)
	}
	if p.name != a.name || !sameVersion(p.version, version) {
		return nil, fmt.Errorf("unpack %s: it holds chart %s %s, not %s %s", model.BareAddress(address), p.name, p.version, a.name, version)
	}
	return p, nil
}

func sameVersion(a, b string) bool {
	v, err1 := semver.NewVersion(a)
	w, err2 := semver.NewVersion(b)
	return a == b || err1 == nil && err2 == nil && v.Equal(w)
}

// open looks into an archive with Helm's loader, which refuses names that lead
// out of it and to unpack more than the limit.
func open(data []byte) (*packed, error) {
	if !bytes.HasPrefix(data, []byte("\x1f\x8b")) {
		return nil, errors.New("it is not a gzipped archive")
	}
	files, err := helmloader.LoadArchiveFiles(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	p := &packed{data: data, files: files}
	for _, file := range files {
		if file.Name == "Chart.yaml" {
			var m chart.Metadata
			if err := yaml.Unmarshal(file.Data, &m); err != nil {
				return nil, fmt.Errorf("read Chart.yaml: %w", err)
			}
			if err := m.Validate(); err != nil {
				return nil, err
			}
			p.name, p.version = m.Name, m.Version
		}
	}
	if p.name == "" {
		return nil, errors.New("there is no Chart.yaml in it")
	}
	return p, nil
}

// index is the part of a chart repository's index.yaml that a search needs.
type index struct {
	Entries map[string][]indexEntry `json:"entries"`
}

type indexEntry struct {
	Version string   `json:"version"`
	URLs    []string `json:"urls"`
	Digest  string   `json:"digest"` // SHA-256 of the archive
}

// digestError is an archive that is not what was promised.
type digestError struct{ got, want string }

func (e *digestError) Error() string {
	return fmt.Sprintf("its digest is %s, not %s", e.got, e.want)
}

// fromRepository downloads a chart from a repository with an index.
func (f *Fetcher) fromRepository(ctx context.Context, a asked) (address, version string, data []byte, err error) {
	at, err := join(a.repository, "index.yaml")
	if err != nil {
		return "", "", nil, err
	}
	idx, err := f.indexes.do(at, func() (*index, error) {
		data, err := f.get(ctx, at, f.opts.Archive)
		if err != nil {
			return nil, err
		}
		var idx index
		if err := yaml.Unmarshal(data, &idx); err != nil {
			return nil, fmt.Errorf("read %s: %w", model.BareAddress(at), err)
		}
		return &idx, nil
	})
	if err != nil {
		return "", "", nil, err
	}
	entries := slices.DeleteFunc(slices.Clone(idx.Entries[a.name]), func(e indexEntry) bool { return len(e.URLs) == 0 })
	versions := make([]string, len(entries))
	for i, e := range entries {
		versions[i] = e.Version
	}
	i, err := choose(versions, a)
	if err != nil {
		return "", "", nil, fmt.Errorf("%s: %w", model.BareAddress(at), err)
	}
	entry := entries[i]
	if rest, ok := strings.CutPrefix(entry.URLs[0], "oci://"); ok {
		name, tag, ok := cutLast(rest, ":")
		if !ok || strings.Contains(tag, "/") {
			name, tag = rest, entry.Version
		}
		data, err = f.pull(ctx, "oci://"+name, tag)
		return "oci://" + name, entry.Version, data, err
	}
	if address, err = join(a.repository, entry.URLs[0]); err != nil {
		return "", "", nil, err
	}
	if data, err = f.archives.do(address, func() ([]byte, error) { return f.get(ctx, address, f.opts.Archive) }); err != nil {
		return "", "", nil, err
	}
	if want := strings.ToLower(strings.TrimPrefix(entry.Digest, "sha256:")); want != "" {
		sum := sha256.Sum256(data)
		if got := hex.EncodeToString(sum[:]); got != want {
			return "", "", nil, fmt.Errorf("check %s: %w", model.BareAddress(address), &digestError{got, want})
		}
	}
	return address, entry.Version, data, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// join resolves a reference of a repository's index. A query of the
// repository's own address, a token perhaps, goes along.
func join(repository, ref string) (string, error) {
	r, err := url.Parse(ref)
	if err != nil {
		return "", fmt.Errorf("%q in the index of %s is not an address", ref, model.BareAddress(repository))
	}
	if r.IsAbs() {
		return ref, nil
	}
	base, err := url.Parse(repository)
	if err != nil {
		return "", fmt.Errorf("repository %q is not an address", model.BareAddress(repository))
	}
	base.Path, base.RawPath = strings.TrimSuffix(base.Path, "/")+"/", ""
	out := base.ResolveReference(r)
	out.RawQuery = base.RawQuery
	return out.String(), nil
}

// choose picks the version asked for: a locked one or one written out exactly
// when it is there, else the newest that satisfies.
func choose(versions []string, a asked) (int, error) {
	if len(versions) == 0 {
		return 0, fmt.Errorf("there is no chart %q", a.name)
	}
	if i := slices.Index(versions, a.version); i >= 0 {
		return i, nil
	}
	constraint, err := semver.NewConstraint(a.version)
	if err != nil {
		return 0, fmt.Errorf("version %q of chart %q: %w", a.version, a.name, err)
	}
	exact, _ := semver.NewVersion(a.version) // nil for a constraint
	best, at := (*semver.Version)(nil), -1
	for i, text := range versions {
		v, err := semver.NewVersion(text)
		switch {
		case err != nil:
		case a.locked && (exact == nil || !v.Equal(exact)), !a.locked && !constraint.Check(v):
		case best == nil || v.GreaterThan(best):
			best, at = v, i
		}
	}
	if at < 0 {
		return 0, fmt.Errorf("there is no version %s of chart %q", a.version, a.name)
	}
	return at, nil
}
