package policytest

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/sekisho/sekisho/internal/policy"
)

// Rego runs the _test.rego files of the sources by OPA's tester, one Result
// for each file that holds tests. choose narrows the files down, to a folder
// for example; nil takes all.
func Rego(ctx context.Context, choose func(file string) bool, sources ...policy.Source) ([]Result, error) {
	modules, data, err := policy.WithTests(sources...)
	if err != nil {
		return nil, err
	}
	store := inmem.NewFromObject(data)
	results := map[string]*Result{}
	var order []string
	err = storage.Txn(ctx, store, storage.WriteParams, func(txn storage.Transaction) error {
		runner := tester.NewRunner().
			SetCompiler(ast.NewCompiler().WithCapabilities(policy.Capabilities())).
			SetStore(store).SetModules(modules).SetTimeout(10 * time.Second).
			RaiseBuiltinErrors(true)
		ch, err := runner.RunTests(ctx, txn)
		if err != nil {
			return err
		}
		for r := range ch {
			file := r.Location.File
			if choose != nil && !choose(file) {
				continue
			}
			res := results[file]
			if res == nil {
				res = &Result{Name: file}
				results[file] = res
				order = append(order, file)
			}
			switch {
			case r.Error != nil:
				res.Problems = append(res.Problems, fmt.Sprintf("%s:%d: %s: %v", file, r.Location.Row, r.Name, r.Error))
			case r.Fail:
				res.Problems = append(res.Problems, fmt.Sprintf("%s:%d: %s: is not true", file, r.Location.Row, r.Name))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("run Rego tests: %w", err)
	}
	slices.Sort(order)
	var out []Result
	for _, file := range order {
		out = append(out, *results[file])
	}
	return out, nil
}
