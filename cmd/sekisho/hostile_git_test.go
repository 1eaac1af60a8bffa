package main

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	git "github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/filemode"
	gitobject "github.com/go-git/go-git/v5/plumbing/object"
)

// history makes the repository one of git: main is a commit, HEAD another after
// it, in which the healthy manifest came and file changed.yaml changed. files
// are in both.
func (r *repo) history(files map[string]string) *git.Repository {
	r.tb.Helper()
	made, err := git.PlainInit(r.dir, false)
	r.check(err)
	for name, text := range files {
		r.file(name, text)
	}
	r.file("changed.yaml", "a: 1\n")
	r.check(os.Rename(r.path("healthy"), filepath.Join(r.top, "healthy")))
	main := r.commit(made)
	r.check(made.Storer.SetReference(plumbing.NewHashReference("refs/heads/main", main)))
	r.check(os.Rename(filepath.Join(r.top, "healthy"), r.path("healthy")))
	r.file("changed.yaml", "a: 2\n")
	r.commit(made)
	return made
}

func (r *repo) commit(made *git.Repository) plumbing.Hash {
	r.tb.Helper()
	tree, err := made.Worktree()
	r.check(err)
	r.check(tree.AddGlob("."))
	hash, err := tree.Commit("x", &git.CommitOptions{All: true, Author: &gitobject.Signature{Name: "test", When: time.Unix(1, 0)}})
	r.check(err)
	return hash
}

// object stores an object that no git would have made.
func (r *repo) object(made *git.Repository, kind plumbing.ObjectType, body []byte) plumbing.Hash {
	r.tb.Helper()
	o := made.Storer.NewEncodedObject()
	o.SetType(kind)
	w, err := o.Writer()
	r.check(err)
	_, err = w.Write(body)
	r.check(err)
	r.check(w.Close())
	hash, err := made.Storer.SetEncodedObject(o)
	r.check(err)
	return hash
}

// mainIs makes main and HEAD commits with a folder.
func (r *repo) mainIs(made *git.Repository, tree plumbing.Hash) {
	r.tb.Helper()
	head, err := made.Head()
	r.check(err)
	body := fmt.Sprintf("tree %s\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n", tree)
	main := r.object(made, plumbing.CommitObject, []byte(body))
	body = fmt.Sprintf("tree %s\nparent %s\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nx\n", tree, main)
	r.check(made.Storer.SetReference(plumbing.NewHashReference("refs/heads/main", main)))
	r.check(made.Storer.SetReference(plumbing.NewHashReference(head.Name(), r.object(made, plumbing.CommitObject, []byte(body)))))
}

func treeEntry(mode filemode.FileMode, name string, hash plumbing.Hash) []byte {
	return append(fmt.Appendf(nil, "%o %s\x00", uint32(mode), name), hash[:]...)
}

// loose is the file of an object.
func loose(hash plumbing.Hash) string {
	name := hash.String()
	return ".git/objects/" + name[:2] + "/" + name[2:]
}

// unpacksTo is what an object of size zeros looks like on disk that says to have
// said.
func unpacksTo(r *repo, kind string, said, size int) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	_, err := fmt.Fprintf(w, "%s %d\x00", kind, said)
	r.check(err)
	zeros := make([]byte, 1<<20)
	for range size / len(zeros) {
		_, err := w.Write(zeros)
		r.check(err)
	}
	r.check(w.Close())
	return b.String()
}

// gitIndex is an index of a version that claims to have count entries. Each of
// names is written as it comes.
func gitIndex(version, count uint32, names ...string) string {
	b := []byte("DIRC")
	b = binary.BigEndian.AppendUint32(b, version)
	b = binary.BigEndian.AppendUint32(b, count)
	for _, name := range names {
		b = append(b, make([]byte, 62)...)
		binary.BigEndian.PutUint32(b[len(b)-38:], 0o100644)
		b = append(b, name...)
	}
	sum := sha1.Sum(b)
	return string(append(b, sum[:]...))
}

// longNames are the names of an index of version 4 that takes each name from
// the one before, and grows it.
func longNames() []string {
	names := []string{"\x00" + strings.Repeat("x", 4<<20) + "\x00"}
	for range 5000 {
		names = append(names, "\x00y\x00")
	}
	return names
}

// since and trusted are runs that read git's data.
func since(name string, exit int, culprit, says string, build func(r *repo)) hostile {
	return hostile{name: "git " + name, exit: exit, culprit: culprit, says: says, args: []string{"--changed-since", "main"}, build: build}
}

func trusted(name string, exit int, culprit, says string, build func(r *repo)) hostile {
	return hostile{name: "git trusted " + name, exit: exit, culprit: culprit, says: says, args: []string{"--trusted-config", "main"}, build: build}
}

func slow(h hostile) hostile  { h.slow = true; return h }
func heavy(h hostile) hostile { h.heavy = true; return h }

// hostileGit are repositories with git data that git did not make: an archive
// can bring them. A run that asks what changed, or for the configuration of a
// revision, ends with code 2 and names what is at fault.
func hostileGit() []hostile {
	with := func(name, text string) func(r *repo) {
		return func(r *repo) {
			r.history(nil)
			r.file(name, strings.ReplaceAll(text, "OUTSIDE", r.outside))
		}
	}
	// replaced puts bytes in the place of the object that holds changed.yaml.
	replaced := func(text func(r *repo) string) func(r *repo) {
		return func(r *repo) {
			r.history(nil)
			r.file(loose(plumbing.ComputeHash(plumbing.BlobObject, []byte("a: 1\n"))), text(r))
		}
	}
	all := []hostile{
		since("as it should be", 1, "", ".", func(r *repo) { r.history(nil) }),
		trusted("as it should be", 1, "", ".", func(r *repo) { r.history(nil) }),
		since("without anything", 2, "repository", ".", func(*repo) {}),
		since("with garbage for HEAD", 2, "--changed-since", ".", with(".git/HEAD", "\x00\xff::error::pwned\n##vso[task.complete]\n")),
		since("with HEAD in a circle", 2, "--changed-since", ".", with(".git/HEAD", "ref: HEAD\n")),
		since("with references in a circle", 2, "main", ".", func(r *repo) {
			r.history(nil)
			r.file(".git/refs/heads/main", "ref: refs/heads/b\n")
			r.file(".git/refs/heads/b", "ref: refs/heads/main\n")
		}),
		since("with HEAD outside", 2, "--changed-since", ".", with(".git/HEAD", "ref: ../../outside/secret\n")),
		since("with garbage for packed-refs", 2, "--changed-since", ".", func(r *repo) {
			r.history(nil)
			r.check(os.Remove(r.path(".git/refs/heads/main")))
			r.file(".git/packed-refs", strings.Repeat("\xff\x00 ::error::pwned\n##vso[x]y\n", 1000))
		}),
		since("with a packed-refs of one line", 2, "--changed-since", ".", func(r *repo) {
			r.history(nil)
			r.check(os.Remove(r.path(".git/refs/heads/main")))
			r.file(".git/packed-refs", strings.Repeat("x", 20<<20))
		}),
		heavy(since("with many references", 1, "", ".", func(r *repo) {
			made := r.history(nil)
			head, err := made.Head()
			r.check(err)
			var b strings.Builder
			for i := range 200_000 {
				fmt.Fprintf(&b, "%s refs/heads/b%d\n", head.Hash(), i)
			}
			r.file(".git/packed-refs", b.String())
		})),
		since("with words for references", 1, "", ".", func(r *repo) {
			made := r.history(nil)
			head, err := made.Head()
			r.check(err)
			r.file(".git/packed-refs", head.Hash().String()+" refs/heads/\x1b[2K::error::x\n"+head.Hash().String()+" refs/tags/##vso[task.complete]x\n")
		}),
		since("with words for a configuration", 2, "--changed-since", ".", with(".git/config", "[core\n::error::pwned\n##vso[task.complete result=Succeeded;]x\n")),
		since("with a configuration that includes", 1, "", ".", with(".git/config",
			"[core]\n\trepositoryformatversion = 0\n\tfsmonitor = touch pwned\n\tworktree = /\n[include]\n\tpath = OUTSIDE/secret\n[url \"ext::sh -c touch% pwned\"]\n\tinsteadOf = /\n[diff]\n\texternal = touch pwned\n")),
		since("with another format", 2, "--changed-since", ".", with(".git/config", "[core]\n\trepositoryformatversion = 1\n[extensions]\n\tpwned = ::error::x\n")),
		since("with a folder outside", 2, "--changed-since", ".", func(r *repo) {
			r.check(os.RemoveAll(r.path(".git")))
			r.file(".git", "gitdir: "+r.outside+"\n")
		}),
		since("with the system's folder", 2, "--changed-since", ".", func(r *repo) {
			r.check(os.RemoveAll(r.path(".git")))
			r.file(".git", "gitdir: /proc/self\n")
		}),
		since("with words for a folder", 2, "--changed-since", ".", func(r *repo) {
			r.check(os.RemoveAll(r.path(".git")))
			r.file(".git", "gitdir: \x1b[2K::error::x##vso[task.complete]\n")
		}),
		since("with a common folder outside", 2, "--changed-since", ".", with(".git/commondir", "../../outside\n")),
		since("with a common folder in a circle", 1, "", ".", with(".git/commondir", "../.git/nowhere/..\n")),
		since("with alternates outside", 1, "", ".", with(".git/objects/info/alternates", "OUTSIDE\n/proc/self/environ\n../../../outside\n.\n")),
		since("with a pack index that promises much", 2, "main", ".", func(r *repo) {
			r.history(nil)
			r.check(os.Remove(r.path(".git/refs/heads/main")))
			r.file(".git/refs/heads/main", strings.Repeat("a", 40)+"\n")
			idx := "\xfftOc\x00\x00\x00\x02" + strings.Repeat("\xff", 1024)
			name := ".git/objects/pack/pack-" + strings.Repeat("b", 40)
			r.file(name+".idx", idx)
			r.file(name+".pack", "PACK\x00\x00\x00\x02\xff\xff\xff\xff")
		}),
		since("with a garbage pack", 2, "main", ".", func(r *repo) {
			r.history(nil)
			r.check(os.Remove(r.path(".git/refs/heads/main")))
			r.file(".git/refs/heads/main", strings.Repeat("a", 40)+"\n")
			name := ".git/objects/pack/pack-" + strings.Repeat("b", 40)
			r.file(name+".idx", strings.Repeat("\x00garbage", 1000))
			r.file(name+".pack", strings.Repeat("\xff::error::x\n", 1000))
		}),
		since("with a garbage object", 2, "changed.yaml", ".", replaced(func(*repo) string { return "garbage" })),
		since("with an object of another kind", 2, "changed.yaml", ".", replaced(func(r *repo) string { return unpacksTo(r, "tree", 1<<20, 1<<20) })),
		slow(since("with an object that unpacks to much", 2, ".git/objects/", "memory|longer", replaced(func(r *repo) string { return unpacksTo(r, "blob", 1<<30, 1<<30) }))),
		slow(since("with an object of a size that is not so", 2, ".git/objects/", "memory|longer|size", replaced(func(r *repo) string {
			return unpacksTo(r, "blob", 5, 1<<30)
		}))),
		since("with an index that promises much", 2, "index", ".", with(".git/index", gitIndex(2, 0xffffffff))),
		heavy(since("with an index of names that grow", 2, "index", "memory|longer", with(".git/index", gitIndex(4, 5001, longNames()...)))),
		heavy(hostile{name: "git scan with an index of names that grow", exit: 1, build: with(".git/index", gitIndex(4, 5001, longNames()...))}),
		heavy(hostile{name: "git scan with an index of deep names", exit: 1, build: func(r *repo) {
			r.history(nil)
			var names []string
			for i := range 10_000 {
				names = append(names, "\x00"+fmt.Sprint(i)+strings.Repeat("/a", 2000)+"\x00")
				if i > 0 {
					names[i] = string(varint(len(names[i-1])-2)) + names[i][1:]
				}
			}
			r.file(".git/index", gitIndex(4, 10_000, names...))
		}}),
		heavy(since("with a wide tree", 1, "", ".", func(r *repo) {
			made := r.history(nil)
			blob := r.object(made, plumbing.BlobObject, []byte("a: 1\n"))
			var tree []byte
			for i := range 100_000 {
				tree = append(tree, treeEntry(filemode.Regular, fmt.Sprintf("f%06d", i), blob)...)
			}
			r.mainIs(made, r.object(made, plumbing.TreeObject, tree))
		})),
		heavy(since("with a deep tree", 2, "main", "depth", func(r *repo) {
			made := r.history(nil)
			tree := r.object(made, plumbing.TreeObject, treeEntry(filemode.Regular, "f", r.object(made, plumbing.BlobObject, nil)))
			for range 5_000 {
				tree = r.object(made, plumbing.TreeObject, treeEntry(filemode.Dir, "d", tree))
			}
			r.mainIs(made, tree)
		})),
		slow(since("with a tree that doubles", 2, ".git", "memory|longer", func(r *repo) {
			made := r.history(nil)
			tree := r.object(made, plumbing.TreeObject, treeEntry(filemode.Regular, "f", r.object(made, plumbing.BlobObject, nil)))
			for range 40 {
				tree = r.object(made, plumbing.TreeObject, append(treeEntry(filemode.Dir, "a", tree), treeEntry(filemode.Dir, "b", tree)...))
			}
			r.mainIs(made, tree)
		})),
		since("with names outside", 2, "main", "invalid path", func(r *repo) {
			made := r.history(nil)
			blob := r.object(made, plumbing.BlobObject, []byte("a: 1\n"))
			var tree []byte
			for _, name := range []string{"../outside/secret", "/etc/passwd", "..", ".git", "::error::x", "\x1b[2K##vso[x]y"} {
				tree = append(tree, treeEntry(filemode.Regular, name, blob)...)
			}
			r.mainIs(made, r.object(made, plumbing.TreeObject, tree))
		}),
		heavy(since("with a change in one long line", 1, "", ".", func(r *repo) {
			long := strings.Repeat("ab", 4<<20)
			r.history(map[string]string{"long.txt": "#" + long + "\n"})
			r.file("long.txt", "#"+strings.ReplaceAll(long, "aba", "bab")+"\n")
		})),
		heavy(since("with a change in all of a million lines", 1, "", ".", func(r *repo) {
			lines := func(n int) string {
				var b strings.Builder
				for i := range 1_000_000 {
					fmt.Fprintf(&b, "%x\n", i*n)
				}
				return b.String()
			}
			r.history(map[string]string{"lines.txt": lines(3)})
			r.file("lines.txt", lines(7))
		})),
		trusted("with a large configuration", 2, ".sekisho.yaml", "limit", func(r *repo) {
			r.history(map[string]string{".sekisho.yaml": "# " + strings.Repeat("x", 11<<20) + "\n"})
		}),
		slow(trusted("with a configuration that unpacks to much", 2, ".git/objects/", "memory|longer", func(r *repo) {
			r.history(map[string]string{".sekisho.yaml": "profile: default\n"})
			r.file(loose(plumbing.ComputeHash(plumbing.BlobObject, []byte("profile: default\n"))), unpacksTo(r, "blob", 1<<30, 1<<30))
		})),
	}
	return all
}

// varint is a number as an index of version 4 has it.
func varint(n int) []byte {
	b := []byte{byte(n & 0x7f)}
	for n >>= 7; n > 0; n >>= 7 {
		n--
		b = append([]byte{0x80 | byte(n&0x7f)}, b...)
	}
	return b
}
