// Package e2e runs the generated clients of all languages, each in a process of
// its own, against wsgen-broker. It holds tests only; start reading at README.md.
package e2e
