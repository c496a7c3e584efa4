// Package load turns documents into a model of an API:
//
//	api.yaml ──► nodes ──► methods and events ─┐
//	                             │ $ref        ├─► model ──► gen/*
//	models.json ──► nodes ──► types ───────────┘
//
// Nodes, of package text, are JSON or YAML values that know their place; [Load]
// runs the steps in order and is the place to start reading. The result is a
// [schema.Model]; whatever that cannot represent is a [text.Diagnostic].
package load
