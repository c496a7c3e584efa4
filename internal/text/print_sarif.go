package text

import (
	"bytes"
	"encoding/json"
	"net/url"
	"slices"
)

// The parts of SARIF 2.1.0 that are written. Code scanning services read it.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		ColumnKind string        `json:"columnKind"`
		Results    []sarifResult `json:"results"`
	}
	sarifDriver struct {
		Name  string      `json:"name"`
		Rules []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID string `json:"id"`
	}
	sarifResult struct {
		RuleID    string          `json:"ruleId"`
		Level     string          `json:"level"`
		Message   sarifMessage    `json:"message"`
		Locations []sarifLocation `json:"locations,omitempty"`
		Related   []sarifLocation `json:"relatedLocations,omitempty"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifLocation struct {
		Physical sarifPhysical `json:"physicalLocation"`
		Message  *sarifMessage `json:"message,omitempty"`
	}
	sarifPhysical struct {
		Artifact struct {
			URI string `json:"uri"`
		} `json:"artifactLocation"`
		Region *sarifRegion `json:"region,omitempty"`
	}
	sarifRegion struct {
		StartLine   int `json:"startLine"`
		StartColumn int `json:"startColumn"`
		EndColumn   int `json:"endColumn"`
	}
)

func (ds Diagnostics) printSARIF(b *bytes.Buffer) {
	run := sarifRun{ColumnKind: "unicodeCodePoints", Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: "wsgen", Rules: []sarifRule{}}
	for i := range ds {
		d := &ds[i]
		if rule := (sarifRule{d.Code}); !slices.Contains(run.Tool.Driver.Rules, rule) {
			run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, rule)
		}
		result := sarifResult{
			RuleID:  d.Code,
			Level:   [...]string{"error", "warning", "note"}[d.Severity],
			Message: sarifMessage{d.withHint()},
		}
		if d.fileName() != "" {
			result.Locations = []sarifLocation{{Physical: sarifPlace(d.fileName(), d.Pos)}}
		}
		for _, n := range d.Notes {
			if n.Pos.IsValid() {
				place := sarifLocation{Physical: sarifPlace(n.Pos.Src.Name, n.Pos), Message: &sarifMessage{n.Message}}
				result.Related = append(result.Related, place)
			}
		}
		run.Results = append(run.Results, result)
	}
	printJSONValue(b, sarifLog{
		Schema:  "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	})
}

func sarifPlace(file string, pos Pos) sarifPhysical {
	var p sarifPhysical
	p.Artifact.URI = (&url.URL{Path: file}).String()
	if pos.IsValid() {
		line, column := pos.Line()
		p.Region = &sarifRegion{line, column, pos.endColumn()}
	}
	return p
}

// printJSONValue writes a value of structs, texts and numbers, which always encode.
func printJSONValue(b *bytes.Buffer, value any) {
	var plain bytes.Buffer
	enc := json.NewEncoder(&plain)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	_ = enc.Encode(value)
	b.Write(EscapeJSON(plain.Bytes()))
}
