package kustomize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"math"
	"os"
	"path"
	"sync"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/openapi"

	"github.com/sekisho/sekisho/internal/model"
)

// building admits one build at a time: the library keeps its schema in
// package variables.
var building sync.Mutex

// schemaVersion is the library's own schema, before any kustomization chose
// another.
var schemaVersion = openapi.GetSchemaVersion()

// build runs the library on a folder of the repository as `kustomize build`
// would, without plugins. No panic passes.
func build(fsys *repoFS, dir string, order krusty.ReorderOption) (rm resmap.ResMap, err error) {
	building.Lock()
	defer building.Unlock()
	defer silence()()
	defer func() {
		r := recover()
		if r != nil {
			rm, err = nil, fmt.Errorf("kustomize gave up: %v", r)
		}
		// A schema of the kustomization's own would stay for the next build;
		// one that cannot be read would leave it without any.
		if r != nil || openapi.GetSchemaVersion() != schemaVersion {
			openapi.ResetOpenAPI()
		}
	}()
	return krusty.MakeKustomizer(&krusty.Options{
		Reorder:          order,
		LoadRestrictions: types.LoadRestrictionsRootOnly,
		PluginConfig:     types.DisabledPluginConfig(),
	}).Run(fsys, path.Join(root, dir))
}

// silence keeps the library's warnings about deprecated fields, which it
// prints to the process's standard error, out of ours. It returns the way
// back.
func silence() func() {
	logTo := log.Writer()
	log.SetOutput(io.Discard)
	stderr := os.Stderr
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err == nil {
		os.Stderr = null
	}
	return func() {
		log.SetOutput(logTo)
		os.Stderr = stderr
		if null != nil {
			null.Close()
		}
	}
}

// value reads an object as Kubernetes would: from JSON, whole numbers within
// 64 bits as integers.
func value(data []byte) (map[string]any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v map[string]any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	return numbers(v).(map[string]any), nil
}

func numbers(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = numbers(e)
		}
	case []any:
		for i, e := range v {
			v[i] = numbers(e)
		}
	case json.Number:
		if i, err := v.Int64(); err == nil {
			return i
		}
		f, _ := v.Float64() // JSON's own grammar was checked already
		if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return int64(f)
		}
		return f
	}
	return v
}

func identity(v map[string]any) model.ObjectID {
	text := func(p ...any) string {
		s, _ := model.Path(p).Lookup(v)
		str, _ := s.(string)
		return str
	}
	return model.ObjectID{
		APIVersion: text("apiVersion"), Kind: text("kind"),
		Namespace: text("metadata", "namespace"), Name: text("metadata", "name"),
	}
}
