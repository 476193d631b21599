// Calls the server API through the generated client, and prints what came of it.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	tidegate "github.com/example/tidegate"
)

func must[T any](value T, _ any, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func text(value string) *string { return &value }

func main() {
	configuration := tidegate.NewConfiguration()
	configuration.Servers = tidegate.ServerConfigurations{{URL: os.Args[1]}}
	client := tidegate.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), tidegate.ContextAccessToken, os.Args[2])
	publish := func(input tidegate.PublicationInput) []tidegate.PublishResult {
		return must(client.MessagesAPI.Publish(ctx).PublicationInput(input).Execute()).Results
	}

	one := publish(tidegate.PublicationInput{Channel: text("chat:42"), Data: map[string]string{"text": "hello"}})[0]
	fmt.Println("one", one.Channel, one.HasPosition(), !one.HasError())

	many := publish(tidegate.PublicationInput{Channels: []string{"chat:42", "nowhere"}, Data: 2})
	fmt.Println("many", !many[0].HasError(), many[1].Error.Code)

	_, response, err := client.MessagesAPI.Publish(ctx).
		PublicationInput(tidegate.PublicationInput{Channel: text("nowhere"), Data: 3}).Execute()
	failed, ok := err.(*tidegate.GenericOpenAPIError)
	fmt.Println("refused", response.StatusCode, ok && strings.Contains(string(failed.Body()), "unknown_channel"))

	operations := []tidegate.OperationInput{}
	for _, input := range []tidegate.PublicationInput{
		{Channel: text("chat:42"), Data: 4},
		{Channel: text("nowhere"), Data: 5},
		{Channels: []string{"chat:42", "nowhere"}, Data: 6},
	} {
		operations = append(operations, tidegate.OperationInput{Publish: input})
	}
	batch := must(client.MessagesAPI.Batch(ctx).BatchInput(tidegate.BatchInput{Operations: operations}).Execute())
	results := batch.Results
	fmt.Println("batch", !results[0].HasError(), results[1].Error.Code, results[2].Results[1].Error.Code)

	page := must(client.ChannelsAPI.ReadHistory(ctx).Channel("chat:42").Limit(1).Execute())
	first := page.Messages[0]
	data := first.Data.(map[string]interface{})
	fmt.Println("history", data["text"], first.Time > 1_500_000_000_000, page.GetMore())

	token := func(input tidegate.TokenRequestInput) *tidegate.Token {
		return must(client.TokensAPI.IssueToken(ctx).TokenRequestInput(input).Execute())
	}
	ttl := int64(600)
	session := token(tidegate.TokenRequestInput{User: "ann", Info: map[string]string{"name": "Ann"}})
	channel := token(tidegate.TokenRequestInput{User: "ann", Channel: text("doc:7"), Ttl: &ttl})
	fmt.Println("tokens", session.ExpiresAt > channel.ExpiresAt, strings.HasPrefix(channel.Token, "ey"))

	user := tidegate.DisconnectionInput{User: text("ann")}
	fmt.Println("reach", must(client.ConnectionsAPI.Disconnect(ctx).DisconnectionInput(user).Execute()).Connections)
}
