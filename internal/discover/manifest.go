package discover

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
)

// isManifestName tells of files that may hold manifests.
func isManifestName(name string) bool {
	switch path.Ext(name) {
	case ".yaml", ".yml", ".json":
		return !strings.HasSuffix(name, ".schema.json")
	}
	return false
}

// isDockerfile knows the names Docker, Podman and editors agree on. Templates
// of Dockerfiles and their .dockerignore are none.
func isDockerfile(name string) bool {
	switch path.Ext(name) {
	case ".dockerignore", ".md", ".j2", ".tmpl", ".tpl", ".template", ".gotmpl", ".in", ".erb":
		return false
	}
	return name == "Dockerfile" || name == "Containerfile" ||
		strings.HasPrefix(name, "Dockerfile.") || strings.HasPrefix(name, "Containerfile.") ||
		strings.HasSuffix(name, ".Dockerfile") || strings.HasSuffix(name, ".dockerfile")
}

// lookAt adds a file to the manifests when it holds a Kubernetes object, or
// looks like it but is broken: then the renderer says how. chartDir is the
// chart the file lies in, without being part of it, or empty.
func (f *finder) lookAt(p, chartDir string) {
	src, err := f.read(p)
	switch {
	case errors.Is(err, errTooLarge):
		if f.headLooksLikeManifest(p) {
			f.manifests = append(f.manifests, p)
		}
	case err != nil:
		f.fail(p, 0, "read file: %w", err)
	case chartDir != "" && bytes.Contains(src, []byte("{{")):
		// Text for the chart's tpl function, not a manifest.
	case isManifest(src, path.Ext(p) == ".json"):
		f.manifests = append(f.manifests, p)
	}
}

func (f *finder) headLooksLikeManifest(p string) bool {
	file, err := f.root.Open(p)
	if err != nil {
		return true // the renderer will say why
	}
	defer file.Close()
	head, err := io.ReadAll(io.LimitReader(file, 1<<20))
	return err != nil || mentionsBoth(head)
}

func mentionsBoth(src []byte) bool {
	return bytes.Contains(src, []byte("apiVersion")) && bytes.Contains(src, []byte("kind"))
}

// isManifest tells whether a text holds a Kubernetes object: a document with
// apiVersion and kind at its top. Most files are decided by their text alone.
func isManifest(src []byte, isJSON bool) bool {
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		// UTF-16, which kubectl reads and the renderer asks to change.
		return mentionsBoth(bytes.ReplaceAll(src, []byte{0}, nil))
	}
	if !mentionsBoth(src) {
		return false
	}
	if isJSON && json.Valid(src) {
		var top struct{ APIVersion, Kind any }
		return json.Unmarshal(src, &top) == nil && isText(top.APIVersion) && isText(top.Kind)
	}
	if startsLine(src, "apiVersion") && startsLine(src, "kind") {
		return true
	}
	return parsesAsManifest(src) || startsObject.Match(src)
}

// startsObject is a manifest in JSON's form that is told by its first key: the
// rest need not be readable.
var startsObject = regexp.MustCompile(`^\s*\{\s*"?(apiVersion|kind)"?\s*:`)

func isText(v any) bool { s, ok := v.(string); return ok && s != "" }

// startsLine tells whether a line begins with the key.
func startsLine(src []byte, key string) bool {
	for rest := src; ; {
		i := bytes.Index(rest, []byte(key))
		if i < 0 {
			return false
		}
		at := len(src) - len(rest) + i
		rest = rest[i+len(key):]
		first := at == 0 || src[at-1] == '\n' || src[at-1] == '\r' || at == 3 && bytes.HasPrefix(src, []byte("\ufeff"))
		if first && bytes.HasPrefix(bytes.TrimLeft(rest, " \t"), []byte(":")) {
			return true
		}
	}
}

// parsesAsManifest is for texts that mention both keys somewhere: in a
// ConfigMap's data, in flow style, in quotes, further in.
func parsesAsManifest(src []byte) (found bool) {
	defer func() {
		if recover() != nil { // the YAML library gave up; the renderer will say so
			found = true
		}
	}()
	stream := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var doc yaml.Node
		if err := stream.Decode(&doc); err != nil {
			return false
		}
		if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
			continue
		}
		var apiVersion, kind bool
		pairs := doc.Content[0].Content
		for i := 0; i+1 < len(pairs); i += 2 {
			apiVersion = apiVersion || pairs[i].Value == "apiVersion"
			kind = kind || pairs[i].Value == "kind"
		}
		if apiVersion && kind {
			return true
		}
	}
}

// workload is what isFragment looks at.
type workload struct {
	Kind string
	Spec struct {
		pod         `yaml:",inline"`
		Selector    any
		Template    template
		JobTemplate struct {
			Spec struct{ Template template }
		} `yaml:"jobTemplate"`
	}
}

type (
	template struct{ Spec pod }
	pod      struct {
		Containers []struct{ Image string }
	}
)

// isFragment tells whether every document of a manifest is a workload the API
// server would refuse by itself: its selector or the image of a container is
// missing.
func isFragment(src []byte) (fragment bool) {
	defer func() {
		if recover() != nil {
			fragment = false
		}
	}()
	stream := yaml.NewDecoder(bytes.NewReader(src))
	for {
		var w workload
		if err := stream.Decode(&w); err != nil {
			return fragment && errors.Is(err, io.EOF)
		}
		spec := w.Spec.Template.Spec
		needsSelector := false
		switch w.Kind {
		case "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet":
			needsSelector = true
		case "Job":
		case "CronJob":
			spec = w.Spec.JobTemplate.Spec.Template.Spec
		case "Pod":
			spec = w.Spec.pod
		default:
			return false
		}
		whole := len(spec.Containers) > 0 && (!needsSelector || w.Spec.Selector != nil)
		for _, c := range spec.Containers {
			whole = whole && c.Image != ""
		}
		if whole {
			return false
		}
		fragment = true
	}
}
