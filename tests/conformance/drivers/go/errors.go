package main

import (
	"context"
	"errors"

	sdk "example.com/centrifugo_client"
	"example.com/centrifugo_client/rpc"
)

// describe is an error of a call as the protocol has it.
func describe(err error) message {
	m := message{"type": "Unexpected", "message": err.Error()}
	var (
		answered *rpc.Error
		timeout  *rpc.TimeoutError
		lost     *rpc.ConnectionLostError
		large    *rpc.RequestTooLargeError
		offline  *rpc.NotConnectedError
		connect  *rpc.ConnectError
		overflow *rpc.EventOverflowError
		missed   *rpc.EventsLostError
	)
	switch {
	case errors.As(err, &answered):
		addInfo(m, answered.CallInfo)
		addAnswer(m, err, answered)
	case errors.As(err, &timeout):
		m["type"] = "CallTimeout"
		addInfo(m, timeout.CallInfo)
		if !errors.Is(err, context.DeadlineExceeded) {
			m["type"] = "Unexpected"
		}
	case errors.As(err, &lost):
		m["type"] = "ConnectionLost"
		addInfo(m, lost.CallInfo)
	case errors.As(err, &large):
		m["type"] = "RequestTooLarge"
		addInfo(m, large.CallInfo)
	case errors.As(err, &offline):
		m["type"] = "NotConnected"
		addInfo(m, offline.CallInfo)
	case errors.As(err, &overflow):
		m["type"] = "EventOverflow"
	case errors.As(err, &missed):
		m["type"], m["position"] = "EventsLost", missed.Position
	case errors.As(err, &connect):
		m["type"] = "ConnectError"
		if connect.Code != 0 {
			m["code"] = connect.Code
		}
	case errors.Is(err, context.Canceled):
		m["type"] = "Cancelled"
	}
	return m
}

// addInfo adds what every error of a call tells; errors of others have no method.
func addInfo(m message, info rpc.CallInfo) {
	if info.Method != "" {
		m["method"], m["correlation_id"], m["sent"] = info.Method, info.CorrelationID, info.Sent
	}
}

// addAnswer adds what the server said, and the type that the client made of it.
func addAnswer(m message, err error, answered *rpc.Error) {
	m["type"], m["code"], m["message"] = "RPCError", answered.Code, answered.Message
	if answered.Data != nil {
		m["data"] = answered.Data
	}
	var (
		invalid *rpc.InvalidParamsError
		unknown *rpc.MethodNotFoundError
		missing *sdk.ItemNotFoundError
	)
	switch {
	case errors.As(err, &invalid):
		m["type"], m["issues"] = "InvalidParamsError", issues(invalid)
	case errors.As(err, &unknown):
		m["type"] = "MethodNotFoundError"
	case errors.As(err, &missing):
		m["type"], m["data"] = "ItemNotFound", missing.Data
	}
}

func issues(err *rpc.InvalidParamsError) []message {
	list := make([]message, len(err.Issues))
	for i, issue := range err.Issues {
		list[i] = message{"loc": issue.Loc, "msg": issue.Msg, "type": issue.Type}
	}
	return list
}

// closed tells whether a loop ended because the user closed the client.
func closed(err error) bool {
	var offline *rpc.NotConnectedError
	return errors.As(err, &offline) && offline.Cause == nil
}
