package discover

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/gitignore"

	"github.com/sekisho/sekisho/internal/model"
)

// maxBytes bounds the files discover reads whole; the renderers have limits
// of their own and report what is above them.
const maxBytes = 10 << 20

// maxPatterns bounds an ignore file: each pattern is held against each path.
const maxPatterns = 10_000

// finder gathers what it meets.
type finder struct {
	ctx       context.Context
	root      fs.FS
	releases  []Release
	noDefault []string
	index     func() (io.ReadCloser, error)
	shallow   bool
	failures  []model.Failure

	charts         []*chart
	kustomizations map[string]*kustomization // by folder
	manifests      []string
	dockerfiles    []string
	links          map[string][]string // the links to a file

	walked  map[string]bool
	tracked map[string]bool // what git tracks is never ignored by git; nil before the index is read
	blind   bool            // the index cannot be read: what is tracked is not known
	project fs.FS           // where .sekishoignore files are read
	foreign bool            // that is not the tree
	exclude []gitignore.Pattern
}

func newFinder(ctx context.Context, root fs.FS, opts Options) *finder {
	f := &finder{
		ctx: ctx, root: root, releases: opts.Releases, noDefault: opts.ValuesRequired, shallow: opts.Shallow, index: opts.Index,
		project: opts.Ignore, foreign: opts.Ignore != nil,
		kustomizations: map[string]*kustomization{}, links: map[string][]string{}, walked: map[string]bool{},
	}
	if f.project == nil {
		f.project = root
	}
	for _, p := range opts.Exclude {
		f.exclude = append(f.exclude, gitignore.ParsePattern(p, nil))
	}
	return f
}

func (f *finder) fail(file string, line int, format string, args ...any) {
	f.failures = append(f.failures, model.Failure{File: file, Line: line, Message: fmt.Errorf(format, args...).Error()})
}

// read reads a file with respect for its size.
func (f *finder) read(name string) ([]byte, error) { return readUpTo(f.root, name, maxBytes) }

func readUpTo(fsys fs.FS, name string, limit int64) ([]byte, error) {
	file, err := fsys.Open(name)
	if err != nil {
		return nil, cause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	switch {
	case err != nil:
		return nil, cause(err)
	case !info.Mode().IsRegular():
		return nil, errors.New("not a regular file")
	case info.Size() > limit:
		return nil, errTooLarge
	}
	src := make([]byte, info.Size())
	n, err := io.ReadFull(file, src)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		err = nil // it shrank
	}
	return src[:n], err
}

var errTooLarge = fmt.Errorf("larger than %d bytes", maxBytes)

// cause drops the path from an error; messages name the file already.
func cause(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func (f *finder) isFile(name string) bool {
	info, err := fs.Stat(f.root, name)
	return err == nil && info.Mode().IsRegular()
}

// ignores are the patterns in force in a folder: git's and the project's.
type ignores struct{ git, own []gitignore.Pattern }

// ignoresFor gathers the patterns above a folder.
func (f *finder) ignoresFor(dir string) ignores {
	ig := ignores{own: f.exclude}
	if src, err := f.read(".git/info/exclude"); err == nil {
		ig.git = f.parse("", src, nil)
	}
	if dir == "." {
		return ig
	}
	ig = f.enter(ig, ".")
	for i, c := range dir {
		if c == '/' {
			ig = f.enter(ig, dir[:i])
		}
	}
	return ig
}

// enter adds the patterns of a folder's own ignore files.
func (f *finder) enter(ig ignores, dir string) ignores {
	return ignores{
		git: append(slices.Clip(ig.git), f.patterns(f.root, path.Join(dir, ".gitignore"), segments(dir))...),
		own: append(slices.Clip(ig.own), f.patterns(f.project, path.Join(dir, ignoreFile), segments(dir))...),
	}
}

func segments(dir string) []string {
	if dir == "." {
		return nil
	}
	return strings.Split(dir, "/")
}

// ignoreFile names what the project wants to have left out.
const ignoreFile = ".sekishoignore"

// patterns reads an ignore file, which need not exist.
func (f *finder) patterns(fsys fs.FS, file string, domain []string) []gitignore.Pattern {
	src, err := readUpTo(fsys, file, maxBytes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		f.fail(file, 0, "read ignore file: %w", err)
		return nil
	}
	return f.parse(file, src, domain)
}

// parse reads the patterns of an ignore file.
func (f *finder) parse(file string, src []byte, domain []string) []gitignore.Pattern {
	var ps []gitignore.Pattern
	for line := range strings.Lines(strings.TrimPrefix(string(src), "\ufeff")) {
		line = strings.TrimRight(line, "\r\n")
		if !strings.HasSuffix(line, `\ `) {
			line = strings.TrimRight(line, " ")
		}
		if len(ps) == maxPatterns {
			f.fail(file, 0, "read ignore file: more than %d patterns", maxPatterns)
			break
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			ps = append(ps, gitignore.ParsePattern(line, domain))
		}
	}
	return ps
}

func match(ps []gitignore.Pattern, p string, isDir bool) bool {
	return len(ps) > 0 && gitignore.NewMatcher(ps).Match(strings.Split(p, "/"), isDir)
}

// excludedByProject tells whether .sekishoignore or an exclude pattern names
// the path or a folder above it.
func (f *finder) excludedByProject(p string) bool {
	if p == "." {
		return false
	}
	ig := ignores{own: f.exclude}
	dir := "."
	names := strings.Split(p, "/")
	for i := range names {
		ig.own = append(slices.Clip(ig.own), f.patterns(f.project, path.Join(dir, ignoreFile), segments(dir))...)
		dir = strings.Join(names[:i+1], "/")
		isDir := i < len(names)-1
		if !isDir {
			info, err := fs.Stat(f.root, p)
			isDir = err == nil && info.IsDir()
		}
		if match(ig.own, dir, isDir) {
			return true
		}
	}
	return false
}

// walk looks at everything below a folder. named says that the user asked for
// the folder itself.
func (f *finder) walk(dir string, named bool) error {
	ig := f.ignoresFor(dir)
	f.readIndex()
	if named && dir != "." && match(ig.git, dir, true) {
		ig.git = nil // the user asked for what git ignores
	}
	return f.folder(dir, ig, nil)
}

// folder looks at one folder. in is the chart whose folder it is in, if any.
func (f *finder) folder(dir string, ig ignores, in *chart) error {
	if err := f.ctx.Err(); err != nil {
		return err
	}
	if f.walked[dir] {
		return nil
	}
	f.walked[dir] = true
	entries, err := fs.ReadDir(f.root, dir)
	if err != nil {
		f.fail(dir, 0, "read folder: %w", cause(err))
		return nil
	}
	has := func(name string) bool {
		return slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == name })
	}
	if has(".gitignore") || has(ignoreFile) || f.foreign {
		ig = f.enter(ig, dir)
	}
	if has(chartFile) && (in == nil || !in.owns(dir)) && !f.ignored(ig, path.Join(dir, chartFile), false) {
		in = f.addChart(dir)
	}
	for _, e := range entries {
		p := path.Join(dir, e.Name())
		if e.Name() == ".git" || f.ignored(ig, p, e.IsDir()) {
			continue
		}
		switch {
		case e.IsDir() && f.shallow:
		case e.IsDir():
			if err := f.folder(p, ig, in); err != nil {
				return err
			}
		case e.Type()&fs.ModeSymlink != 0:
			f.link(p, in)
		case e.Type().IsRegular():
			f.file(p, in)
		case in != nil && in.owns(p): // Helm's to read
		case isKustomization(e.Name()) || isManifestName(e.Name()) || isDockerfile(e.Name()):
			f.fail(p, 0, "read file: not a regular file")
		}
	}
	return nil
}

// ignored tells whether a path is passed over. A folder with tracked files in
// it is not: git ignores only what nobody added.
func (f *finder) ignored(ig ignores, p string, isDir bool) bool {
	return match(ig.own, p, isDir) || !f.tracked[p] && !f.blind && match(ig.git, p, isDir)
}

// file sorts a file by its name, and a possible manifest by its text.
func (f *finder) file(p string, in *chart) {
	name := path.Base(p)
	switch {
	case in != nil && in.owns(p):
	case isKustomization(name):
		f.addKustomization(p)
	case isDockerfile(name):
		f.dockerfiles = append(f.dockerfiles, p)
	case isManifestName(name):
		chartDir := ""
		if in != nil {
			chartDir = in.dir
		}
		f.lookAt(p, chartDir)
	}
}

// link notes where a symbolic link leads. Inside the root its target is met
// by itself; only what a folder is known by must be seen here.
func (f *finder) link(p string, in *chart) {
	name := path.Base(p)
	matters := isKustomization(name) || isManifestName(name) || isDockerfile(name)
	target, ok := f.target(p)
	if !ok {
		if matters {
			f.fail(p, 0, "follow link: it leads out of the repository or nowhere")
		}
		return
	}
	f.links[target] = append(f.links[target], p)
	if isKustomization(name) && f.isFile(p) && (in == nil || !in.owns(p)) {
		f.addKustomization(p)
	}
}

// target is where a link leads, when that is inside the root and exists.
func (f *finder) target(p string) (string, bool) {
	to, err := fs.ReadLink(f.root, p)
	if err != nil || path.IsAbs(to) {
		return "", false
	}
	target := path.Join(path.Dir(p), to)
	if !fs.ValidPath(target) {
		return "", false
	}
	_, err = fs.Stat(f.root, target) // refuses to leave the root
	return target, err == nil
}
