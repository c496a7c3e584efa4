module bench

go 1.23

require (
	example.com/centrifugo_client v0.0.0
	nhooyr.io/websocket v1.8.17
)

replace example.com/centrifugo_client => ../../../fixtures/tasks/opensdk/go
