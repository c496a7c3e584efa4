// Package demo answers the fixtures' methods inside the broker's process and publishes their events, so that a newcomer
// sees a call within a minute and client tests need no back end. What it answers is plausible and validates against the
// fixtures' models; nothing outlives the process.
//
//	demo.go               starts a broker with the demo behind it
//	pubsub.go, native.go  the two transports: requests on a channel, native RPC
//	streams.go            calls that stream their results, over pub/sub
//	methods.go            the table of methods, errors, params
//	seed.go, tasks.go …   the methods themselves
//	testmethods.go        test.*: what client tests need and no real API has
package demo
