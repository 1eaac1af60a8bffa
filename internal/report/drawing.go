package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sekisho/sekisho/internal/model"
)

// A drawing is a network map laid out for SVG: a box for each namespace, in it
// a card for each group, arrows from the right side of a card (what leaves it)
// to the left side (what arrives). All sizes are in pixels.
type drawing struct {
	Width, Height int
	Boxes         []drawnBox
	Cards         []drawnCard // the groups in order, then the places outside
	Arrows        []drawnArrow
	LeftOut       string // which arrows are, and why
	Dense         bool   // more arrows than a reader can follow
	Joined        bool   // groups were joined to fit
}

type drawnBox struct {
	X, Y, W, H int
	Name, Note string
}

type drawnCard struct {
	ID         int
	X, Y, W, H int
	Lines      []drawnLine
	Status     string
	Title      string // everything, for a tooltip and for screen readers
	Class      string // in-open, out-open, in-limited, out-limited; outside or metadata for the places outside
	StatusY    int
}

// Walled tells whether the sides of a card say what policies limit.
func (c drawnCard) Walled() bool { return strings.HasPrefix(c.Class, "in-") }

type drawnLine struct {
	Y          int
	Name, Kind string
}

type drawnArrow struct {
	From, To int
	Both     bool   // and back, on the same terms
	D        string // the path
	Class    string // allowed, open, outside or metadata
	Title    string
	Label    string // ports, where there is room for them
	LX, LY   int
}

const (
	cardWidth   = 240
	cardNames   = 4 // workloads named on a card
	columnGap   = 96
	rowGap      = 18
	boxPad      = 18
	boxHead     = 34
	sideWidth   = 118 // of a place outside
	sideGap     = 84
	maxColumns  = 4
	columnCards = 8 // cards of one column before the box is filled evenly
)

// draw lays a map out. ok is false when it is too large for any drawing.
func draw(m model.NetworkMap) (_ drawing, ok bool) {
	m, joined, ok := foldMap(m)
	if !ok {
		return drawing{}, false
	}
	edges, leftOut := shownEdges(m)
	d := drawing{LeftOut: leftOut, Dense: len(edges) > 3*maxPlainArrows, Joined: joined, Cards: make([]drawnCard, len(m.Groups))}
	columns := columnsOf(m, edges)
	used := 1 + slices.Max(columns)
	left := boxPad
	if slices.ContainsFunc(m.Groups, func(g model.NetworkGroup) bool { return g.FromOutside }) {
		left = sideWidth + sideGap
	}
	boxWidth := 2*boxPad + used*cardWidth + (used-1)*columnGap
	y := boxPad
	for _, ns := range fromOutsideIn(m, columns) {
		heights := make([]int, used)
		for i, g := range m.Groups {
			if g.Namespace != ns.Name {
				continue
			}
			c := cardOf(g)
			c.ID = i
			c.X = left + boxPad + columns[i]*(cardWidth+columnGap)
			c.Y = y + boxHead + heights[columns[i]]
			c.layOut()
			heights[columns[i]] += c.H + rowGap
			d.Cards[i] = c
		}
		box := drawnBox{X: left, Y: y, W: boxWidth, H: boxHead + slices.Max(heights) - rowGap + boxPad, Name: clip(Text(ns.Name), 40)}
		switch {
		case ns.DefaultDenyIngress && ns.DefaultDenyEgress:
			box.Note = "default deny in and out"
		case ns.DefaultDenyIngress:
			box.Note = "default deny in"
		case ns.DefaultDenyEgress:
			box.Note = "default deny out"
		}
		d.Boxes = append(d.Boxes, box)
		y += box.H + boxPad
	}
	d.Width, d.Height = left+boxWidth+boxPad, y
	d.connect(m, edges)
	return d, true
}

// fromOutsideIn orders the namespaces that have groups by how far in those lie,
// so that arrows lead down more than up.
func fromOutsideIn(m model.NetworkMap, columns []int) []model.NetworkNamespace {
	steps, groups := map[string]int{}, map[string]int{}
	for i, g := range m.Groups {
		steps[g.Namespace] += columns[i]
		groups[g.Namespace]++
	}
	ordered := slices.DeleteFunc(slices.Clone(m.Namespaces), func(ns model.NetworkNamespace) bool { return groups[ns.Name] == 0 })
	slices.SortStableFunc(ordered, func(a, b model.NetworkNamespace) int {
		return cmp.Compare(steps[a.Name]*groups[b.Name], steps[b.Name]*groups[a.Name]) // the means, without a division
	})
	return ordered
}

// columnsOf gives each group its column: how many steps it is away from where
// traffic comes in. A namespace with very many cards in a column is filled
// evenly instead.
func columnsOf(m model.NetworkMap, edges []model.NetworkEdge) []int {
	columns := make([]int, len(m.Groups))
	arrives := make([]bool, len(m.Groups))
	for _, e := range edges {
		arrives[e.To] = true
	}
	var queue []int
	for i, g := range m.Groups {
		columns[i] = -1
		if g.FromOutside || !arrives[i] {
			columns[i] = 0
			queue = append(queue, i)
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for _, e := range edges {
			if e.From == queue[0] && columns[e.To] < 0 {
				columns[e.To] = min(columns[e.From]+1, maxColumns-1)
				queue = append(queue, e.To)
			}
		}
	}
	cards := map[string][]int{}
	crowded := map[string]bool{}
	count := map[string]int{}
	for i, g := range m.Groups {
		columns[i] = max(columns[i], 0) // a circle that nothing leads to
		cards[g.Namespace] = append(cards[g.Namespace], i)
		key := fmt.Sprint(columns[i], g.Namespace)
		if count[key]++; count[key] > columnCards {
			crowded[g.Namespace] = true
		}
	}
	for ns := range crowded {
		rows := (len(cards[ns]) + maxColumns - 1) / maxColumns
		for k, i := range cards[ns] {
			columns[i] = k / rows
		}
	}
	return columns
}

func cardOf(g model.NetworkGroup) drawnCard {
	c := drawnCard{W: cardWidth}
	for i, w := range g.Workloads {
		if i == cardNames && len(g.Workloads) > cardNames+1 {
			c.Lines = append(c.Lines, drawnLine{Name: fmt.Sprintf("and %d more", len(g.Workloads)-i)})
			break
		}
		kind, name, _ := strings.Cut(w, " ")
		line := drawnLine{Name: clip(Text(name), 28)}
		if utf8.RuneCountInString(line.Name)+len(kind) <= 28 {
			line.Kind = Text(kind)
		}
		c.Lines = append(c.Lines, line)
	}
	in, out := "limited", "limited"
	if !g.Ingress.Isolated {
		in = "anyone"
	}
	if !g.Egress.Isolated {
		out = "anywhere"
	}
	c.Status = "in: " + in + " · out: " + out
	if g.HostNetwork {
		c.Status = "host network: no policy holds"
	}
	c.Class = "in-limited"
	if !g.Ingress.Isolated {
		c.Class = "in-open"
	}
	if g.Egress.Isolated {
		c.Class += " out-limited"
	} else {
		c.Class += " out-open"
	}
	c.Title = Text(listed(g.Workloads, 30)) + " (" + c.Status + ")"
	return c
}

// layOut sets the heights inside a card.
func (c *drawnCard) layOut() {
	y := c.Y + 22
	for i := range c.Lines {
		c.Lines[i].Y = y
		y += 17
	}
	c.StatusY = y + 3
	c.H = y + 13 - c.Y
}

// connect adds the places outside and the arrows. The ends of the arrows at
// one side of a card keep apart, ordered by where they lead.
func (d *drawing) connect(m model.NetworkMap, edges []model.NetworkEdge) {
	back := map[string]int{} // arrows that may turn out to go both ways
	for _, e := range edges {
		a := drawnArrow{From: e.From, To: e.To, Class: "allowed", Title: "any port"}
		if unlimited(m, e) {
			a.Class = "open"
		}
		if len(e.Ports) > 0 {
			a.Title = Text(listed(e.Ports, 20))
			if len(edges) <= 16 {
				a.Label = Text(strings.TrimPrefix(listed(e.Ports, 2), "TCP "))
			}
		}
		a.Title = fmt.Sprintf("%s to %s: %s", Text(groupName(m.Groups[e.From], 4)), Text(groupName(m.Groups[e.To], 4)), a.Title)
		ports := strings.Join(e.Ports, ",")
		if i, ok := back[fmt.Sprint(e.To, " ", e.From, " ", a.Class, ports)]; ok {
			d.Arrows[i].Both, d.Arrows[i].Title = true, d.Arrows[i].Title+", and back"
			continue
		}
		back[fmt.Sprint(e.From, " ", e.To, " ", a.Class, ports)] = len(d.Arrows)
		d.Arrows = append(d.Arrows, a)
	}
	middle := d.Height / 2
	d.outside(m, "From outside", "a public address", "outside", 0, middle-26, true, func(g model.NetworkGroup) bool { return g.FromOutside })
	right := d.Width - boxPad + sideGap
	d.outside(m, "To outside", "a public address", "outside", right, middle-70, false, func(g model.NetworkGroup) bool { return g.ToOutside })
	d.outside(m, "Metadata", "node identity", "metadata", right, middle+18, false, func(g model.NetworkGroup) bool { return len(g.Metadata) > 0 })

	leaves, arrives := make([][]int, len(d.Cards)), make([][]int, len(d.Cards))
	for i, a := range d.Arrows {
		leaves[a.From] = append(leaves[a.From], i)
		arrives[a.To] = append(arrives[a.To], i)
	}
	from, to := make([]int, len(d.Arrows)), make([]int, len(d.Arrows))
	for i := range d.Cards {
		d.spread(i, leaves[i], from, func(a drawnArrow) int { return a.To })
		d.spread(i, arrives[i], to, func(a drawnArrow) int { return a.From })
	}
	for i := range d.Arrows {
		d.Arrows[i].curve(d.Cards[d.Arrows[i].From], d.Cards[d.Arrows[i].To], from[i], to[i])
	}
}

// outside adds a place beyond the render and the arrows between it and groups.
func (d *drawing) outside(m model.NetworkMap, name, kind, class string, x, y int, source bool, reaches func(model.NetworkGroup) bool) {
	id := len(d.Cards)
	for i, g := range m.Groups {
		if !reaches(g) {
			continue
		}
		a := drawnArrow{From: i, To: id, Class: class, Title: Text(groupName(g, 4)) + " to " + strings.ToLower(name)}
		if source {
			a.From, a.To, a.Title = id, i, "outside to "+Text(groupName(g, 4))
		}
		if class == "metadata" {
			a.Title = Text(groupName(g, 4)) + " to the metadata service at " + Text(strings.Join(g.Metadata, ", "))
		}
		d.Arrows = append(d.Arrows, a)
	}
	if len(d.Arrows) == 0 || d.Arrows[len(d.Arrows)-1].From != id && d.Arrows[len(d.Arrows)-1].To != id {
		return // nothing leads there
	}
	y = max(y, 0)
	c := drawnCard{ID: id, X: x, Y: y, W: sideWidth, H: 52, Class: class, Title: name, Status: kind, StatusY: y + 40}
	c.Lines = []drawnLine{{Y: y + 23, Name: name}}
	d.Cards = append(d.Cards, c)
	d.Width = max(d.Width, x+sideWidth+2)
	d.Height = max(d.Height, y+c.H+2)
}

// spread places the ends of arrows along one side of a card.
func (d *drawing) spread(card int, arrows, at []int, far func(drawnArrow) int) {
	slices.SortStableFunc(arrows, func(a, b int) int {
		x, y := d.Cards[far(d.Arrows[a])], d.Cards[far(d.Arrows[b])]
		return cmp.Or(cmp.Compare(x.Y+x.H/2, y.Y+y.H/2), cmp.Compare(x.X, y.X))
	})
	c := d.Cards[card]
	for k, i := range arrows {
		at[i] = c.Y + c.H*(k+1)/(len(arrows)+1)
	}
}

// curve draws an arrow from one card at height y1 to another at height y2.
func (a *drawnArrow) curve(from, to drawnCard, y1, y2 int) {
	x1, x2 := from.X+from.W, to.X
	bend1, bend2 := x1+max(36, (x2-x1)/2), x2-max(36, (x2-x1)/2)
	if x2 < x1 { // the same column, or back
		bulge := min(28+max(y1-y2, y2-y1)/8, columnGap-16)
		bend1 = x1 + bulge
		if to.X == from.X {
			x2, bend2 = to.X+to.W, to.X+to.W+bulge
		} else {
			x1, bend1 = from.X, from.X-40
			x2, bend2 = to.X+to.W, to.X+to.W+40
		}
	}
	a.D = fmt.Sprintf("M%d %dC%d %d %d %d %d %d", x1, y1, bend1, y1, bend2, y2, x2, y2)
	a.LX, a.LY = (x1+3*bend1+3*bend2+x2)/8, (y1+y2)/2-4
}
