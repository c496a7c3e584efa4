// Package calls compares measurements of calls, pair by pair.
package calls

import (
	"fmt"
	"slices"
)

// Measurement is how long some calls took, all together and each, in seconds.
type Measurement struct {
	Seconds   float64   `json:"seconds"`
	Latencies []float64 `json:"latencies"`
}

func (m Measurement) rate() float64 { return float64(len(m.Latencies)) / m.Seconds }

func (m Measurement) p50() float64 { return quantile(m.Latencies, 0.5) }

func (m Measurement) p99() float64 { return quantile(m.Latencies, 0.99) }

// Print ends a line: medians of ours, and of its ratios to base, which was
// measured right before or after it.
func Print(ours, base []Measurement) {
	for _, figure := range []struct {
		of    func(Measurement) float64
		scale float64
		unit  string
	}{{Measurement.rate, 1, ""}, {Measurement.p50, 1e6, "µs"}, {Measurement.p99, 1e6, "µs"}} {
		var values, ratios []float64
		for i, m := range ours {
			values = append(values, figure.of(m)*figure.scale)
			ratios = append(ratios, figure.of(m)/figure.of(base[i]))
		}
		fmt.Printf(" %9s %7.2f", fmt.Sprintf("%.0f%s", quantile(values, 0.5), figure.unit), quantile(ratios, 0.5))
	}
	fmt.Println()
}

// quantile is the value that the given share of values lies below.
func quantile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
