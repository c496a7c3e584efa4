// Package scale runs generated clients against several brokers and workers on one Redis, of which
// workers are killed. It holds tests only; start reading at README.md.
package scale
