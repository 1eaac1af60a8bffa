// Package fetch gets over the network what a repository only names: the
// charts that a chart depends on or a kustomization pulls, remote files, bases
// in git repositories. In goes a model.Need, which the renderers say when
// something is missing; out come files in an upper root that has the
// repository's layout and is laid over it (repofs.FS.Over). Whoever renders
// reads them there and needs no network.
//
// It hides how they are got: of chart repositories, OCI registries, web servers
// and git servers, in this process and without any program, credential or
// setting of the user's. Helm's own downloader would be at hand, but it brings
// the client of a whole cluster along, writes into the chart, and reads
// credentials from the home directory; of Helm's libraries this package uses
// those that read charts and compare versions.
//
// Everything is bounded: the time for one address, the bytes of an answer and
// of what is unpacked, the number of requests. Addresses are chosen by the
// tree; who turns this on trusts it.
package fetch

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-git/go-git/v5/plumbing/transport"
	helmloader "helm.sh/helm/v3/pkg/chart/loader"
	"oras.land/oras-go/v2/registry/remote/auth"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/repofs"
)

// Options are where to fetch to, and how much.
type Options struct {
	// Root is the repository. It is read and never written.
	Root *os.Root
	// Upper is laid over it; it begins empty. All that is fetched goes there.
	Upper *os.Root
	Time  time.Duration // for what one need takes
	File  int64         // bytes of a file of the repository, and of a remote one
	// Archive bounds an answer, and what it unpacks to, in bytes. All together
	// may unpack to ten times as much.
	Archive int64
	// Requests is how many may be made, redirects counted; 0 means 1000.
	Requests int64
}

// Fetcher fetches. It is safe for concurrent use, and fetches nothing twice.
type Fetcher struct {
	opts Options
	tree *repofs.FS // the repository under what was fetched

	http  *http.Client
	auth  *auth.Client // for registries: asks for tokens that anybody gets
	bytes atomic.Int64 // unpacked so far
	count atomic.Int64 // requests

	needs     memo[model.Need, struct{}]
	archives  memo[string, []byte]
	indexes   memo[string, *index]
	tags      memo[string, []string]
	files     memo[string, []byte]
	checkouts memo[repository, string]
	temporary atomic.Int64
}

// New prepares; nothing is fetched yet.
func New(opts Options) *Fetcher {
	if opts.Requests == 0 {
		opts.Requests = 1000
	}
	f := &Fetcher{opts: opts, tree: repofs.New(opts.Root, opts.File).Over(opts.Upper)}
	helmloader.MaxDecompressedChartSize = opts.Archive
	f.http = f.client()
	f.auth = &auth.Client{Client: f.http, Cache: auth.NewCache()}
	return f
}

// Fetch gets what is needed. It returns nil when it is there now, else what
// went wrong; a failure without a file stands where the need was said.
func (f *Fetcher) Fetch(ctx context.Context, need model.Need) *model.Failure {
	_, err := f.needs.do(need, func() (_ struct{}, err error) {
		// Libraries read what a server sent.
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("fetch %s: gave up: %v", model.BareAddress(cmp.Or(need.Address, need.Name)), p)
			}
		}()
		ctx, cancel := context.WithTimeoutCause(ctx, f.opts.Time, fmt.Errorf("took longer than %v", f.opts.Time))
		defer cancel()
		return struct{}{}, f.fetch(ctx, need)
	})
	if err == nil {
		return nil
	}
	out := &model.Failure{Message: model.BareAddress(err.Error())}
	var at *placed
	if errors.As(err, &at) {
		out.File, out.Line = at.file, at.line
	}
	return out
}

func (f *Fetcher) fetch(ctx context.Context, need model.Need) error {
	if need.Kind == model.NeedDependency {
		return f.dependency(ctx, need)
	}
	for _, dir := range []string{".", need.Dir} {
		if _, err := f.opts.Root.Lstat(path.Join(dir, repofs.Hidden)); !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("fetch %s: %s is in the repository, and is the name of what was fetched", model.BareAddress(need.Address), path.Join(dir, repofs.Hidden))
		}
	}
	switch need.Kind {
	case model.NeedChart:
		return f.pulled(ctx, need)
	case model.NeedFile:
		data, err := f.file(ctx, need.Address)
		if err != nil {
			return err
		}
		return f.addFile(need, data)
	case model.NeedFolder:
		return f.folder(ctx, need)
	case model.NeedResource:
		return f.resource(ctx, need)
	}
	return fmt.Errorf("fetch %s: unknown need %q", need.Address, need.Kind)
}

// Place is where something that was fetched lies.
type Place struct {
	Path string `json:"path"` // relative to the repository's root
	// Root holds all that came with it: the file itself, a chart's folder, the
	// top of a git repository.
	Root string `json:"root"`
}

// Find tells where a need was put in an upper root. It is false for a need
// that was not met. Dependencies of charts are found as Helm finds them, in
// their charts folder.
func Find(upper *os.Root, need model.Need) (p Place, ok bool) {
	data, err := upper.ReadFile(hidden(need) + ".json")
	if err != nil || json.Unmarshal(data, &p) != nil {
		return Place{}, false
	}
	return p, true
}

// hidden is the name of a need's place, without an extension. It lies in the
// folder of the kustomization, because kustomize reads no file outside of it.
func hidden(need model.Need) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q", []string{string(need.Kind), need.Name, need.Address, need.Version}))
	return path.Join(need.Dir, repofs.Hidden, hex.EncodeToString(sum[:8]))
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

// addFile writes a remote file. It keeps its name, which is a key in a
// generated ConfigMap.
func (f *Fetcher) addFile(need model.Need, data []byte) error {
	name := path.Base(need.Address)
	if !plainName.MatchString(name) {
		name = "file"
	}
	at := path.Join(hidden(need), name)
	if err := f.install(at, func(tmp string) error { return f.write(tmp, data) }); err != nil {
		return err
	}
	return f.note(need, Place{Path: at, Root: at})
}

// note writes down where a need was put. From now on it is met.
func (f *Fetcher) note(need model.Need, p Place) error {
	data, err := json.Marshal(p)
	if err != nil {
		return err
	}
	return f.install(hidden(need)+".json", func(tmp string) error { return f.write(tmp, data) })
}

// install makes a file or folder under a name of its own and moves it into
// place, so that nobody who renders meanwhile sees a part of it.
func (f *Fetcher) install(name string, write func(tmp string) error) error {
	tmp := path.Join(repofs.Hidden, fmt.Sprintf("tmp-%d", f.temporary.Add(1)))
	err := f.opts.Upper.MkdirAll(repofs.Hidden, 0o755)
	if err == nil {
		err = write(tmp)
	}
	if err == nil {
		err = f.opts.Upper.MkdirAll(path.Dir(name), 0o755)
	}
	if err == nil {
		err = f.opts.Upper.Rename(tmp, name)
	}
	if err != nil {
		_ = f.opts.Upper.RemoveAll(tmp) // the pool removes all of it in the end
	}
	return err
}

// write writes one file, within the bounds of all.
func (f *Fetcher) write(name string, data []byte) error {
	if f.bytes.Add(int64(len(data))) > 10*f.opts.Archive {
		return fmt.Errorf("everything together is larger than %s", size(10*f.opts.Archive))
	}
	return f.opts.Upper.WriteFile(name, data, 0o644)
}

// placed is an error that has a place of its own.
type placed struct {
	file string
	line int
	err  error
}

func (p *placed) Error() string { return p.err.Error() }
func (p *placed) Unwrap() error { return p.err }

// memo does a thing once per key, however many ask.
type memo[K comparable, V any] struct {
	mu   sync.Mutex
	done map[K]func() (V, error)
}

func (m *memo[K, V]) do(key K, f func() (V, error)) (V, error) {
	m.mu.Lock()
	once, ok := m.done[key]
	if !ok {
		once = sync.OnceValues(f)
		if m.done == nil {
			m.done = map[K]func() (V, error){}
		}
		m.done[key] = once
	}
	m.mu.Unlock()
	return once()
}

// because is the cause of an error of the network, without the address, which
// the message has already, and without what only Go says.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	var u *url.Error
	for errors.As(err, &u) {
		err = u.Err
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return fmt.Errorf("no address for %s", dns.Name)
	}
	for _, known := range []error{transport.ErrRepositoryNotFound, transport.ErrAuthenticationRequired, transport.ErrAuthorizationFailed} {
		if errors.Is(err, known) {
			return known
		}
	}
	// A server's answer may be part of it, a whole page even.
	text, _, more := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	if r := []rune(text); len(r) > maxCause {
		text, more = string(r[:maxCause]), true
	}
	if more {
		return errors.New(text + " …")
	}
	return err
}

// maxCause is how much is said of a cause, in characters.
const maxCause = 300

// size prints bytes, like 100MiB.
func size(n int64) string {
	for _, u := range []struct {
		name string
		n    int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.n && n%u.n == 0 {
			return fmt.Sprintf("%d%s", n/u.n, u.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
