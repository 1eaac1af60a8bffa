package fetch

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/config"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/plumbing/object"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/capability"
	"github.com/go-git/go-git/v5/plumbing/protocol/packp/sideband"
	"github.com/go-git/go-git/v5/plumbing/transport"
	githttp "github.com/go-git/go-git/v5/plumbing/transport/http"
	"github.com/go-git/go-git/v5/storage/memory"

	"github.com/sekisho/sekisho/internal/model"
	"github.com/sekisho/sekisho/internal/repofs"
	"github.com/sekisho/sekisho/internal/yamlpos"
)

const (
	// maxCheckout is how many files and folders a git repository may have.
	maxCheckout = 100_000
	// maxSubmodules is how deep submodules may lie in each other.
	maxSubmodules = 5
)

// resource gets what a kustomization lists among its resources. As kustomize
// does, it tries a web address as a file first, and as a git repository when
// there is none or it holds no manifests.
func (f *Fetcher) resource(ctx context.Context, need model.Need) error {
	lower := strings.ToLower(need.Address)
	if !strings.HasPrefix(lower, "http://") && !strings.HasPrefix(lower, "https://") {
		return f.folder(ctx, need)
	}
	data, err := f.file(ctx, need.Address)
	if err == nil {
		if err = manifests(data); err == nil {
			return f.addFile(need, data)
		}
		err = fmt.Errorf("fetch %s: %w", model.BareAddress(need.Address), err)
	} else if status := (*refused)(nil); !errors.As(err, &status) {
		return err
	}
	if _, bad := parseGit(need.Address); bad != nil {
		return err
	}
	if git := f.folder(ctx, need); git != nil {
		return fmt.Errorf("%w; as a git repository: %w", err, git)
	}
	return nil
}

// manifests tells why a text is none that kustomize takes for resources.
func manifests(data []byte) error {
	docs, err := yamlpos.Parse(data)
	if err != nil {
		return fmt.Errorf("no manifests: %w", err)
	}
	for _, d := range docs {
		if d.Err != nil {
			return fmt.Errorf("no manifests: %w", d.Err)
		}
		if m, ok := d.Value.(map[string]any); !ok || m["kind"] == nil {
			return fmt.Errorf("no manifests: line %d is none", d.StartLine)
		}
	}
	return nil
}

// folder gets the git repository that holds a kustomization.
func (f *Fetcher) folder(ctx context.Context, need model.Need) error {
	a, err := parseGit(need.Address)
	if err != nil {
		return fmt.Errorf("fetch %s: %w", model.BareAddress(need.Address), err)
	}
	if a.timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, a.timeout, fmt.Errorf("took longer than %v", a.timeout))
		defer cancel()
	}
	root, err := f.checkouts.do(a.repository, func() (string, error) {
		sum := sha256.Sum256(fmt.Appendf(nil, "%q %t", []string{a.url, a.ref}, a.submodules))
		root := path.Join(repofs.Hidden, "git", hex.EncodeToString(sum[:8]))
		err := f.install(root, func(tmp string) error {
			c := checkout{Fetcher: f}
			return c.clone(ctx, a.url, a.ref, tmp, a.submodules, 0)
		})
		return root, err
	})
	if err != nil {
		return fmt.Errorf("fetch %s: %w", model.BareAddress(a.url), err)
	}
	at := path.Join(root, a.dir)
	info, err := f.opts.Upper.Stat(at)
	if err != nil || !info.IsDir() {
		return fmt.Errorf("fetch %s: there is no folder %s at %s", model.BareAddress(a.url), a.dir, cmp.Or(a.ref, "HEAD"))
	}
	return f.note(need, Place{Path: at, Root: root})
}

// checkout is the work tree of a clone on its way to the disk.
type checkout struct {
	*Fetcher
	entries int
}

// clone writes a repository as it is at a ref below a folder.
func (c *checkout) clone(ctx context.Context, address, ref, dir string, submodules bool, depth int) error {
	store, commit, err := c.objects(ctx, address, ref)
	if err != nil {
		return because(ctx, err)
	}
	tree, err := object.GetCommit(store, commit)
	if err != nil {
		return err
	}
	top, err := tree.Tree()
	if err != nil {
		return err
	}
	if err := c.Fetcher.opts.Upper.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	links, err := c.tree(store, top, dir, "")
	if err != nil || !submodules || len(links) == 0 {
		return err
	}
	if depth == maxSubmodules {
		return fmt.Errorf("submodules lie more than %d deep", maxSubmodules)
	}
	modules, err := readModules(top)
	if err != nil {
		return err
	}
	for _, l := range links {
		i := slices.IndexFunc(modules, func(m *config.Submodule) bool { return path.Clean(m.Path) == l.name })
		if i < 0 {
			return fmt.Errorf("submodule %s is not in .gitmodules", l.name)
		}
		url, err := relativeTo(address, modules[i].URL)
		if err != nil {
			return err
		}
		if err := c.clone(ctx, url, l.commit.String(), path.Join(dir, l.name), true, depth+1); err != nil {
			return fmt.Errorf("submodule %s: %w", l.name, err)
		}
	}
	return nil
}

// gitlink is where a submodule belongs.
type gitlink struct {
	name   string
	commit plumbing.Hash
}

func readModules(top *object.Tree) ([]*config.Submodule, error) {
	file, err := top.File(".gitmodules")
	if err != nil {
		return nil, errors.New("there are submodules and no .gitmodules")
	}
	text, err := file.Contents()
	if err != nil {
		return nil, err
	}
	m := config.NewModules()
	if err := m.Unmarshal([]byte(text)); err != nil {
		return nil, fmt.Errorf("read .gitmodules: %w", err)
	}
	var list []*config.Submodule
	for _, s := range m.Submodules {
		list = append(list, s)
	}
	return list, nil
}

// tree writes a folder. inside is its name in the repository.
func (c *checkout) tree(store *memory.Storage, t *object.Tree, dir, inside string) (links []gitlink, err error) {
	for _, e := range t.Entries {
		name := path.Join(inside, e.Name)
		if c.entries++; c.entries > maxCheckout {
			return nil, fmt.Errorf("more than %d files", maxCheckout)
		}
		if e.Name != path.Base(e.Name) || !fs.ValidPath(name) || strings.ContainsAny(e.Name, "\\:") || strings.EqualFold(e.Name, ".git") || e.Name == repofs.Hidden {
			return nil, fmt.Errorf("%q is no name for a file", name)
		}
		at := path.Join(dir, name)
		switch e.Mode {
		case filemode.Dir:
			sub, err := object.GetTree(store, e.Hash)
			if err != nil {
				return nil, err
			}
			if err := c.opts.Upper.MkdirAll(at, 0o755); err != nil {
				return nil, err
			}
			more, err := c.tree(store, sub, dir, name)
			if err != nil {
				return nil, err
			}
			links = append(links, more...)
		case filemode.Submodule:
			links = append(links, gitlink{name, e.Hash})
		default:
			data, err := blob(store, e.Hash)
			if err != nil {
				return nil, err
			}
			if e.Mode == filemode.Symlink {
				err = c.opts.Upper.Symlink(inRepository(string(data), inside), at)
			} else {
				err = c.write(at, data)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return links, nil
}

// inRepository is the target of a symbolic link in a folder of a repository.
// One that leads out becomes absolute, which nobody follows: beside this
// repository lies another.
func inRepository(target, dir string) string {
	if to := path.Join(dir, target); path.IsAbs(target) || !fs.ValidPath(to) {
		return "/outside/" + path.Base(target)
	}
	return target
}

func blob(store *memory.Storage, hash plumbing.Hash) ([]byte, error) {
	b, err := object.GetBlob(store, hash)
	if err != nil {
		return nil, err
	}
	r, err := b.Reader()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// objects fetches what a ref needs and no history. It speaks git's protocol by
// itself, because a clone of the library's would go through settings of the
// process and the user.
func (c *checkout) objects(ctx context.Context, address, ref string) (*memory.Storage, plumbing.Hash, error) {
	none := plumbing.ZeroHash
	endpoint, err := transport.NewEndpoint(address)
	if err != nil {
		return nil, none, err
	}
	// Its copy of the client is asked to leave the transport alone.
	session, err := githttp.NewClient(&http.Client{Transport: c.http.Transport, CheckRedirect: c.http.CheckRedirect}).NewUploadPackSession(endpoint, nil)
	if err != nil {
		return nil, none, err
	}
	defer session.Close()
	offered, err := session.AdvertisedReferencesContext(ctx)
	if err != nil {
		return nil, none, err
	}
	hash, wants, err := wanted(offered, ref)
	if err != nil {
		return nil, none, err
	}
	req := packp.NewUploadPackRequestFromCapabilities(offered.Capabilities)
	req.Wants = wants
	if offered.Capabilities.Supports(capability.Shallow) && len(wants) == 1 {
		if err := req.Capabilities.Set(capability.Shallow); err != nil {
			return nil, none, err
		}
		req.Depth = packp.DepthCommits(1)
	}
	resp, err := session.UploadPack(ctx, req)
	if err != nil {
		return nil, none, err
	}
	defer resp.Close()
	var pack io.Reader = resp
	switch {
	case req.Capabilities.Supports(capability.Sideband64k):
		pack = sideband.NewDemuxer(sideband.Sideband64k, resp)
	case req.Capabilities.Supports(capability.Sideband):
		pack = sideband.NewDemuxer(sideband.Sideband, resp)
	}
	data, err := io.ReadAll(pack)
	if err != nil {
		return nil, none, err
	}
	if err := checkPack(data, c.opts.Archive); err != nil {
		return nil, none, err
	}
	store := memory.NewStorage()
	if err := packfile.UpdateObjectStorage(store, bytes.NewReader(data)); err != nil {
		return nil, none, err
	}
	if tag, err := object.GetTag(store, hash); err == nil {
		commit, err := tag.Commit()
		if err != nil {
			return nil, none, err
		}
		hash = commit.Hash
	}
	return store, hash, nil
}

// wanted finds the commit or tag that a ref stands for, as git fetch does, and
// what to ask for to get it. A commit that no ref stands for is asked for when
// the server allows that; otherwise everything is.
func wanted(offered *packp.AdvRefs, ref string) (hash plumbing.Hash, wants []plumbing.Hash, err error) {
	if ref == "" || ref == "HEAD" {
		if offered.Head == nil {
			return hash, nil, errors.New("it has no default branch")
		}
		return *offered.Head, []plumbing.Hash{*offered.Head}, nil
	}
	for _, form := range []string{"%s", "refs/%s", "refs/tags/%s", "refs/heads/%s", "refs/remotes/%s", "refs/remotes/%s/HEAD"} {
		if h, ok := offered.References[fmt.Sprintf(form, ref)]; ok {
			return h, []plumbing.Hash{h}, nil
		}
	}
	if !plumbing.IsHash(ref) {
		return hash, nil, fmt.Errorf("it has no branch or tag %q", ref)
	}
	hash = plumbing.NewHash(ref)
	for _, may := range []capability.Capability{capability.AllowReachableSHA1InWant, capability.AllowTipSHA1InWant} {
		if offered.Capabilities.Supports(may) {
			return hash, []plumbing.Hash{hash}, nil
		}
	}
	for _, h := range offered.References {
		if h == hash {
			return hash, []plumbing.Hash{hash}, nil
		}
		if !slices.Contains(wants, h) {
			wants = append(wants, h)
		}
	}
	return hash, wants, nil
}

// checkPack adds up what the objects of a pack unpack to, before anything is
// unpacked: a delta of a few bytes can copy its base over and over.
func checkPack(data []byte, limit int64) error {
	s := packfile.NewScanner(bytes.NewReader(data))
	_, n, err := s.Header()
	if err != nil {
		return err
	}
	var total int64
	for range n {
		h, err := s.NextObjectHeader()
		if err != nil {
			return err
		}
		length := h.Length
		if h.Type.IsDelta() {
			// It begins with the sizes of the base and of what is made of it.
			r, err := s.ReadObject()
			if err != nil {
				return err
			}
			b := bufio.NewReader(r)
			_, err = binary.ReadUvarint(b)
			if err == nil {
				var made uint64
				made, err = binary.ReadUvarint(b)
				length = int64(min(made, 1<<40))
			}
			if err == nil {
				_, err = io.Copy(io.Discard, b)
			}
			r.Close()
			if err != nil {
				return err
			}
		}
		if total += length; total > limit {
			return fmt.Errorf("it is larger than %s unpacked", size(limit))
		}
	}
	return nil
}
