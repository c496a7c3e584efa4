package text

import (
	"slices"
	"strings"
)

// Nearest returns the candidate most similar to name, "" where none is similar
// enough to be meant. Differences in case only weigh least; ties go to the first.
func Nearest(name string, candidates []string) string {
	limit := max(1, min(3, len(name)/3))
	best, bestCost := "", 2*limit+1
	lower := strings.ToLower(name)
	var rows distanceRows
	for _, c := range candidates {
		if c == name || len(c) > 200 || len(c)-len(name) > limit || len(name)-len(c) > limit {
			continue
		}
		cost := 2 * rows.distance(lower, strings.ToLower(c), limit)
		if !strings.HasPrefix(strings.ToLower(c), lower[:min(1, len(lower))]) {
			cost++
		}
		if cost < bestCost {
			best, bestCost = c, cost
		}
	}
	return best
}

// distanceRows are the rows of the table of distances that are needed at a time, to be
// used again.
type distanceRows [3][]int

// distance is the number of insertions, deletions, replacements and swaps of neighbours
// between two short texts (optimal string alignment), or more than limit where it is more.
func (rows *distanceRows) distance(a, b string, limit int) int {
	for i := range rows {
		rows[i] = slices.Grow(rows[i][:0], len(b)+1)[:len(b)+1]
	}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		if slices.Min(row) > limit && slices.Min(last) > limit {
			return limit + 1
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
