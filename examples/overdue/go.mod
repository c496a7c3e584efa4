module example.com/overdue

go 1.23

require example.com/centrifugo_client v0.0.0

require nhooyr.io/websocket v1.8.17 // indirect

replace example.com/centrifugo_client => ../../fixtures/tasks/opensdk/go
