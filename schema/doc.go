// Package schema turns documents into a model of an API:
//
//	api.yaml ──► nodes ──► methods and events ─┐
//	                             │ $ref        ├─► model ──► gen/*
//	models.json ──► nodes ──► types ───────────┘
//
// Nodes are JSON or YAML values that know their place; [Load] runs the steps in
// order and is the place to start reading. The model holds what can be called,
// what can arrive and the types of both, and no identifier of any language.
// Whatever it cannot represent is a [text.Diagnostic].
package schema
