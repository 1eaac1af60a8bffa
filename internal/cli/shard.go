package cli

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sekisho/sekisho/internal/discover"
	"github.com/sekisho/sekisho/internal/model"
)

// maxShards bounds --shards: hosts start no more jobs of one kind either.
const maxShards = 256

// parseShard reads --shard INDEX/COUNT; "" is a scan that is not divided.
func parseShard(s string) (*model.Shard, error) {
	if s == "" {
		return nil, nil
	}
	index, of, ok := strings.Cut(s, "/")
	i, err1 := strconv.Atoi(index)
	n, err2 := strconv.Atoi(of)
	if !ok || err1 != nil || err2 != nil || i < 1 || i > n || n > maxShards {
		return nil, fmt.Errorf("%q is not a shard like 2/5 (of at most %d)", s, maxShards)
	}
	return &model.Shard{Index: i, Of: n}, nil
}

// renderCost is what a rendering costs besides the bytes it is made of, in
// bytes: half of what an average public chart takes.
const renderCost = 512 << 10

// estimate is the work of a group, told from the tree alone: the same tree gives
// the same number on every machine.
func estimate(tree *discover.Tree, units []model.Unit) int64 {
	var n int64
	for _, u := range units {
		n += tree.Size(u)
		if u.Kind == model.Helm || u.Kind == model.Kustomize {
			n += renderCost
		}
	}
	return n
}

// division is how the groups of a scan are divided among shards. A group is
// never split, for its objects know each other: a shard finds what a scan of
// everything finds about its groups.
type division struct {
	shards [][]int // by shard: indices of groups, ascending
	costs  []int64 // by group
}

// divide gives the most expensive group that is left to the shard that has
// least to do, so no shard has more than a third more to do than it must.
// Ties go to the first.
func divide(tree *discover.Tree, groups [][]model.Unit, n int) division {
	d := division{shards: make([][]int, n), costs: make([]int64, len(groups))}
	order := make([]int, len(groups))
	for i, units := range groups {
		order[i], d.costs[i] = i, estimate(tree, units)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.costs[b], d.costs[a]) })
	load := make([]int64, n)
	for _, g := range order {
		least := 0
		for i := range load {
			if load[i] < load[least] {
				least = i
			}
		}
		load[least] += d.costs[g]
		d.shards[least] = append(d.shards[least], g)
	}
	for _, groups := range d.shards {
		slices.Sort(groups)
	}
	return d
}

// plan stands for what is divided, how, and by what settings it is judged.
// Shards that were scanned of different trees, or with different settings, do
// not make a whole.
func (s *scanner) plan(groups [][]model.Unit, d division) (string, error) {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, part := range []any{groups, d.shards, d.costs, s.config, s.profile, s.kubeVersion, s.inline, s.changedOnly} {
		if err := enc.Encode(part); err != nil {
			return "", fmt.Errorf("divide the scan: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// shardOf keeps the groups of the scanner's shard, all when it has none.
func (s *scanner) shardOf(tree *discover.Tree, groups [][]model.Unit) ([][]model.Unit, error) {
	if s.shard == nil {
		return groups, nil
	}
	d := divide(tree, groups, s.shard.Of)
	var err error
	if s.shard.Plan, err = s.plan(groups, d); err != nil {
		return nil, err
	}
	var mine [][]model.Unit
	for _, g := range d.shards[s.shard.Index-1] {
		mine = append(mine, groups[g])
	}
	return mine, nil
}
