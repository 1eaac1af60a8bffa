package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/sekisho/sekisho/internal/model"
)

// maxRedirects is how often one request may be sent elsewhere.
const maxRedirects = 10

// client makes the client that everything goes through. It knows no user, no
// password and no certificate of its own; a proxy of the environment is used.
func (f *Fetcher) client() *http.Client {
	return &http.Client{
		Transport: &guard{f, &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            (&net.Dialer{Timeout: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:      true,
			TLSHandshakeTimeout:    10 * time.Second,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConns:           20,
			MaxResponseHeaderBytes: 1 << 20,
		}},
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			if len(via) >= maxRedirects {
				return fmt.Errorf("more than %d redirects", maxRedirects)
			}
			return nil
		},
	}
}

// guard is the one door to the network.
type guard struct {
	f    *Fetcher
	next http.RoundTripper
}

func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "http" && r.URL.Scheme != "https" {
		return nil, fmt.Errorf("sent on to %s://: only http and https are fetched", r.URL.Scheme)
	}
	if g.f.count.Add(1) > g.f.opts.Requests {
		return nil, fmt.Errorf("more than %d requests in one run", g.f.opts.Requests)
	}
	resp, err := g.next.RoundTrip(r)
	if err == nil {
		resp.Body = &bounded{ReadCloser: resp.Body, left: g.f.opts.Archive, limit: g.f.opts.Archive}
	}
	return resp, err
}

// bounded is a body of at most limit bytes, after decompression.
type bounded struct {
	io.ReadCloser
	left, limit int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("the answer is larger than %s", size(b.limit))
	}
	return n, err
}

// refused is an answer other than 2xx.
type refused struct{ status string }

func (r *refused) Error() string { return r.status }

// get fetches one address.
func (f *Fetcher) get(ctx context.Context, address string, limit int64) ([]byte, error) {
	fail := func(err error) ([]byte, error) {
		return nil, fmt.Errorf("fetch %s: %w", model.BareAddress(address), because(ctx, err))
	}
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return fail(errors.New("not an address"))
	case u.Host == "":
		return fail(errors.New("no host in the address"))
	}
	u.Scheme = strings.ToLower(u.Scheme)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return fail(err)
	}
	r.Header.Set("User-Agent", "sekisho")
	resp, err := f.http.Do(r)
	if err != nil {
		return fail(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return fail(&refused{fmt.Sprintf("%d %s", resp.StatusCode, http.StatusText(resp.StatusCode))})
	}
	data, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	if err != nil {
		return fail(err)
	}
	if int64(len(data)) > limit {
		return fail(fmt.Errorf("the answer is larger than %s", size(limit)))
	}
	return data, nil
}

// file fetches a remote file, once.
func (f *Fetcher) file(ctx context.Context, address string) ([]byte, error) {
	return f.files.do(address, func() ([]byte, error) { return f.get(ctx, address, f.opts.File) })
}

// isLoopback tells whether a host, with or without a port, is this machine.
// Registries there are spoken to without TLS, as container tools do.
func isLoopback(host string) bool {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
