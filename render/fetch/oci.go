package fetch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/Masterminds/semver/v3"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/content"
	"oras.land/oras-go/v2/registry/remote"

	"github.com/sekisho/sekisho/internal/model"
)

// The media types of a chart's layer in a registry, as Helm pushes them now and
// pushed them at first.
var chartLayers = []string{
	"application/vnd.cncf.helm.chart.content.v1.tar+gzip",
	"application/tar+gzip",
}

// fromRegistry downloads a chart from an OCI registry. Its tags are listed only
// when no exact version is asked for.
func (f *Fetcher) fromRegistry(ctx context.Context, address string, a asked) (version string, data []byte, err error) {
	version = a.version
	if _, err := semver.NewVersion(a.version); err != nil {
		tags, err := f.tags.do(address, func() ([]string, error) { return f.list(ctx, address) })
		if err != nil {
			return "", nil, err
		}
		i, err := choose(tags, a)
		if err != nil {
			return "", nil, fmt.Errorf("%s: %w", model.BareAddress(address), err)
		}
		version = tags[i]
	}
	data, err = f.pull(ctx, address, version)
	return version, data, err
}

// remote is a chart's place in a registry.
func (f *Fetcher) remote(address string) (*remote.Repository, error) {
	r, err := remote.NewRepository(address[len("oci://"):])
	if err != nil {
		return nil, err
	}
	r.Client = f.auth
	r.PlainHTTP = isLoopback(r.Reference.Registry)
	return r, nil
}

// list are the versions of a chart in a registry. A tag has no plus sign; Helm
// writes an underscore for it.
func (f *Fetcher) list(ctx context.Context, address string) ([]string, error) {
	var versions []string
	r, err := f.remote(address)
	if err == nil {
		err = r.Tags(ctx, "", func(tags []string) error {
			for _, tag := range tags {
				tag = strings.ReplaceAll(tag, "_", "+")
				if _, err := semver.StrictNewVersion(tag); err == nil {
					versions = append(versions, tag)
				}
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("list the versions of %s: %w", model.BareAddress(address), because(ctx, err))
	}
	return versions, nil
}

// pull downloads one version. The registry names digests, and what does not
// have them is refused.
func (f *Fetcher) pull(ctx context.Context, address, version string) ([]byte, error) {
	tag := strings.ReplaceAll(version, "+", "_")
	return f.archives.do(address+":"+tag, func() ([]byte, error) {
		data, err := f.layer(ctx, address, tag)
		if err != nil {
			err = fmt.Errorf("fetch %s:%s: %w", model.BareAddress(address), tag, because(ctx, err))
		}
		return data, err
	})
}

func (f *Fetcher) layer(ctx context.Context, address, tag string) ([]byte, error) {
	r, err := f.remote(address)
	if err != nil {
		return nil, err
	}
	desc, body, err := r.FetchReference(ctx, tag)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	text, err := content.ReadAll(body, desc)
	if err != nil {
		return nil, digestOf(err)
	}
	var manifest ocispec.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return nil, fmt.Errorf("read the manifest: %w", err)
	}
	i := slices.IndexFunc(manifest.Layers, func(d ocispec.Descriptor) bool { return slices.Contains(chartLayers, d.MediaType) })
	if i < 0 {
		return nil, errors.New("there is no chart in it")
	}
	layer := manifest.Layers[i]
	if layer.Size > f.opts.Archive {
		return nil, fmt.Errorf("the chart is larger than %s", size(f.opts.Archive))
	}
	blob, err := r.Blobs().Fetch(ctx, layer)
	if err != nil {
		return nil, err
	}
	defer blob.Close()
	data, err := content.ReadAll(blob, layer)
	return data, digestOf(err)
}

// digestOf names the one error that says what a registry sent is not what it
// promised.
func digestOf(err error) error {
	if errors.Is(err, content.ErrMismatchedDigest) || errors.Is(err, content.ErrTrailingData) {
		return fmt.Errorf("it does not have its digest: %w", err)
	}
	return err
}
