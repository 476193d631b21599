package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

type message struct{ Data, Position string }

var last message

func follow(url, token, channel string) error {
	ctx := context.Background()
	header := http.Header{"Authorization": {"Bearer " + token}}
	socket, _, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPHeader: header})
	if err != nil {
		return err
	}
	defer socket.CloseNow()
	socket.SetReadLimit(1 << 20)
	wanted := map[string]string{"channel": channel}
	if last.Position != "" {
		wanted["since"] = last.Position
	}
	wsjson.Write(ctx, socket, []any{"connect", struct{}{}})
	wsjson.Write(ctx, socket, []any{"subscribe", wanted, 1})
	if last.Position == "" {
		wsjson.Write(ctx, socket, []any{"publish", map[string]string{"channel": channel, "data": "hello"}})
	}
	for last.Data != "bye" {
		var frame [2]json.RawMessage
		if err := wsjson.Read(ctx, socket, &frame); err != nil {
			return err
		}
		var came []message
		switch string(frame[0]) {
		case "1":
			var reply struct{ Messages []message }
			json.Unmarshal(frame[1], &reply)
			came = reply.Messages
		case `"message"`:
			came = make([]message, 1)
			json.Unmarshal(frame[1], &came[0])
		}
		for _, last = range came {
			fmt.Println(last.Data)
		}
	}
	return nil
}

func main() {
	for follow(os.Args[1], os.Args[2], os.Args[3]) != nil {
		time.Sleep(200 * time.Millisecond)
	}
}
