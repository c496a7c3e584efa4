// Package conformance runs one table of cases against the generated clients of
// all languages. It holds tests only; start reading at README.md.
package conformance
