// Package server runs the Django example with its generated clients, all in
// processes of their own. It holds tests only; start reading at README.md.
package server
