package fetch

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// repository is what has to be cloned of a git repository.
type repository struct {
	url        string // to clone, http or https
	ref        string // branch, tag or commit; empty for the default branch
	submodules bool
}

// gitAddress is an entry of a kustomization that names a folder in a git
// repository.
type gitAddress struct {
	repository
	dir     string        // in the repository; empty for its top
	timeout time.Duration // 0 unless the entry says
}

var username = regexp.MustCompile(`^[a-zA-Z][a-zA-Z0-9-]*@`)

// parseGit reads an address as kustomize's git.NewRepoSpecFromURL does, which
// is not for import. In short:
//
//	[git::](http|https)://[user@]host/ORG/REPO[/DIR][?ref=R&timeout=T&submodules=B]
//	github.com/ORG/REPO[/DIR][?…]
//
// where "_git/NAME", "//" or ".git" end the repository's path, in this order of
// preference, and without any of them its first two elements are the path.
// What would be cloned over ssh or from this machine is an error.
func parseGit(entry string) (gitAddress, error) {
	a := gitAddress{repository: repository{submodules: true}}
	rest, query, _ := strings.Cut(entry, "?")
	a.readQuery(query)
	rest, _ = cutFold(rest, "git::")
	scheme := ""
	for _, s := range []string{"ssh://", "https://", "http://", "file://"} {
		if after, ok := cutFold(rest, s); ok {
			scheme, rest = s, after
			break
		}
	}
	user := username.FindString(rest)
	rest = rest[len(user):]
	lower := strings.ToLower(rest)
	github := strings.HasPrefix(lower, "github.com/") || strings.HasPrefix(lower, "github.com:")
	switch {
	case scheme == "ssh://", scheme == "" && user != "", github && user != "":
		return a, errors.New("it would be cloned over ssh, which needs a key; only http and https are fetched")
	case scheme == "file://":
		return a, errors.New("it is a repository of this machine; only http and https are fetched")
	case scheme == "" && !github:
		return a, errors.New("not an address of a git repository")
	}
	var host string
	if github {
		// The scheme is as good as given, and what stands after the name may
		// be a colon.
		scheme, host, rest = "https://", "github.com", rest[len("github.com/"):]
	} else {
		var ok bool
		if host, rest, ok = strings.Cut(rest, "/"); !ok || host == "" {
			return a, errors.New("not an address of a git repository: there is no host or no path")
		}
	}
	repo, dir, ok := splitRepository(rest)
	if !ok || repo == "" {
		return a, errors.New("not an address of a git repository: its path is too short")
	}
	if a.dir = path.Clean(strings.Trim(dir, "/")); a.dir == ".." || strings.HasPrefix(a.dir, "../") {
		return a, errors.New("its path leads out of the repository")
	}
	a.url = scheme + user + host + "/" + repo
	if _, err := url.Parse(a.url); err != nil {
		return a, errors.New("not an address")
	}
	return a, nil
}

// splitRepository parts the path of a repository from the folder in it.
func splitRepository(p string) (repo, dir string, ok bool) {
	if before, after, ok := strings.Cut(p, "_git/"); ok {
		name, dir, _ := strings.Cut(after, "/")
		return before + "_git/" + name, dir, true
	}
	if before, after, ok := strings.Cut(p, "//"); ok {
		return before, after, true
	}
	if before, after, ok := strings.Cut(p, ".git"); ok {
		return before + ".git", after, true
	}
	elements := strings.SplitN(p, "/", 3)
	if len(elements) < 2 {
		return "", "", false
	}
	return strings.Join(elements[:2], "/"), strings.Join(elements[2:], ""), true
}

func (a *gitAddress) readQuery(query string) {
	values, err := url.ParseQuery(query)
	if err != nil {
		return // kustomize goes on without
	}
	a.ref = values.Get("version")
	if ref := values.Get("ref"); ref != "" {
		a.ref = ref
	}
	text := values.Get("timeout")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		a.timeout = time.Duration(n) * time.Second
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		a.timeout = d
	}
	if b, err := strconv.ParseBool(values.Get("submodules")); err == nil {
		a.submodules = b
	}
}

// cutFold is strings.CutPrefix, in any case.
func cutFold(s, prefix string) (string, bool) {
	if len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix) {
		return s[len(prefix):], true
	}
	return s, false
}

// relativeTo resolves the address of a submodule, which may be relative to that
// of the repository it is in.
func relativeTo(parent, address string) (string, error) {
	if strings.HasPrefix(address, "./") || strings.HasPrefix(address, "../") {
		u, err := url.Parse(parent)
		if err != nil {
			return "", errors.New("not an address")
		}
		u.Path, u.RawPath = path.Join(u.Path, address), ""
		return u.String(), nil
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", fmt.Errorf("submodule %q: only http and https are fetched", address)
	}
	return address, nil
}
