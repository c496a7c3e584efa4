module example.com/acme

go 1.23

require (
	github.com/oapi-codegen/runtime v1.1.2
	nhooyr.io/websocket v1.8.17
)

require (
	github.com/apapsch/go-jsonmerge/v2 v2.0.0 // indirect
	github.com/google/uuid v1.5.0 // indirect
)
