// Package text reads JSON and YAML and says what is wrong with documents.
//
// [Parse] turns a [Source] into [Node]s: JSON or YAML values that know their
// place, a [Pos]. Problems are [Diagnostics], which [Diagnostics.Print] shows with
// the line of the document that they are about.
package text
