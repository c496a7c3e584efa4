// Package chaos runs the generated clients, the worker and wsgen-broker together: calmly, to see
// how streams and cancellation travel from end to end, and in a storm of faults. It holds tests
// only; start reading at README.md.
package chaos
