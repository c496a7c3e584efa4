// Package calls prints figures of measured calls and their ratios, pair by pair.
package calls

import (
	"fmt"
	"slices"
)

// Measurement says how long calls took in seconds: all of them together, and each one.
type Measurement struct {
	Seconds   float64   `json:"seconds"`
	Latencies []float64 `json:"latencies"`
}

func (m Measurement) rate() float64 { return float64(len(m.Latencies)) / m.Seconds }

func (m Measurement) p50() float64 { return Median(m.Latencies) }

func (m Measurement) p99() float64 { return quantile(m.Latencies, 0.99) }

// Print prints the rest of a line: medians of the figures of measured, and of their
// ratios to base. Measurements with the same index are of one pair.
func Print(measured, base []Measurement) {
	for _, figure := range []struct {
		of    func(Measurement) float64
		scale float64
		unit  string
	}{{Measurement.rate, 1, ""}, {Measurement.p50, 1e6, "µs"}, {Measurement.p99, 1e6, "µs"}} {
		var values, ratios []float64
		for i, m := range measured {
			values = append(values, figure.of(m)*figure.scale)
			ratios = append(ratios, figure.of(m)/figure.of(base[i]))
		}
		fmt.Printf(" %9s %7.2f", fmt.Sprintf("%.0f%s", Median(values), figure.unit), Median(ratios))
	}
	fmt.Println()
}

// Median returns the value in the middle.
func Median(values []float64) float64 { return quantile(values, 0.5) }

// quantile returns the value below which the given share of the values is.
func quantile(values []float64, share float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(len(sorted)-1, int(share*float64(len(sorted))))]
}
