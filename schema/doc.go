// Package schema is the model of an API: what can be called, what can arrive and
// the types of both. It holds no identifier of any language.
//
// [Model] is what every language package gets. Package load makes it of documents.
package schema
