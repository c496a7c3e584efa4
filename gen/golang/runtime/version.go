package rpc

// FitsGeneratedCode1 is what generated code asks for, so that it does not compile with a
// package rpc that it was not written for. Whoever changes what generated code needs of
// this package counts the name on, here and in gen/golang/runtime.go.
const FitsGeneratedCode1 = true
