package rpc

import "testing"

// Texts that are told without a pattern have the format: what is near them does not.
func TestUsualTexts(t *testing.T) {
	for format, texts := range map[string]map[string]bool{
		"date": {
			"2025-01-28": true, "2025-13-01": false, "2025-00-01": false, "0000-01-01": false, "2025-1-01": false, "2025-01-00": false,
			"2025-01-31": true, "2025-01-32": false, "2025-04-30": true, "2025-04-31": false, "2025-02-28": true, "2025-02-30": false,
		},
		"date-time": {
			"2025-01-28T08:30:00Z": true, "2025-01-28T08:30:00.123456789Z": true, "2025-01-28T08:30:00.5+01:00": true, "2025-01-28T23:59:59-23:59": true,
			"2025-01-28T24:00:00Z": false, "2025-01-28T08:60:00Z": false, "2025-01-28T08:30:00": false, "2025-01-28T08:30:00.Z": false,
			"2025-01-28T08:30:00.1234567890Z": false, "2025-01-28T08:30:00+24:00": false, "2025-01-28T08:30:00Zx": false,
		},
		"uuid": {"6fa459ea-ee8a-4ca4-894e-DB77E160355e": true, "6fa459ea-ee8a-4ca4-894e-db77e160355g": false},
		"uri":  {"https://example.com/a": true, "https://": false, "https://a b": false},
	} {
		for text, want := range texts {
			if got := usualTexts[format](text); got != want {
				t.Errorf("%s %q: %t, want %t", format, text, got, want)
			}
		}
	}
}

// A problem is at the place that was entered, and names what is missing.
func TestProblems(t *testing.T) {
	rules := NewRules(`{"Task": {"type": ["object"], "required": ["id"], "properties": {"tags": {"type": ["array"], "items": {"type": ["string"]}}}}}`)
	p := Problems{Strict: true}
	rules.parse()["Task"].check(&p, map[string]any{"tags": []any{"a", true}})
	err := &ValidationError{p.issues}
	if want := "id is missing (and 1 more)"; err.Error() != want {
		t.Errorf("got %q, want %q", err.Error(), want)
	}
	if last := p.issues[1]; len(last.Loc) != 2 || last.Loc[0] != "tags" || last.Loc[1] != "1" || last.Type != "type" {
		t.Errorf("got %+v", last)
	}
}
