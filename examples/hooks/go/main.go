// A backend that a Tidegate gateway asks: `PORT=8080 TIDEGATE_HOOK_SECRET=whsec_… go run .`
package main

import (
	"encoding/json"
	"io"
	"log"
	"net/http"
	"os"
	"strings"
	"sync"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

type object = map[string]any

// The backend's own logins; yours is a database.
var sessions = map[string]object{
	"session-of-ann": {"user": "ann", "info": object{"name": "Ann"}},
}

func refuse(code, message string) object {
	return object{"error": object{"code": code, "message": message}}
}

// What every question has, and what each kind has besides.
type question struct {
	Hook      string
	Type      string
	User      string
	Auth      struct{ Session string }
	Subscribe []struct{ Channel string }
	Event     string
	Data      json.RawMessage
}

func decide(asked question) object {
	switch asked.Type {
	case "connect":
		if session, known := sessions[asked.Auth.Session]; known {
			return session
		}
		return refuse("unauthorized", "No such session.")
	case "subscribe":
		return subscribe(asked)
	case "publish":
		return publish(asked.Data)
	case "request":
		return request(asked)
	}
	return refuse("not_found", "Nobody knows.")
}

// `order:ann:7` is an order of Ann's. Nobody need be asked again for ten minutes.
func subscribe(asked question) object {
	results := []object{}
	for _, item := range asked.Subscribe {
		if strings.HasPrefix(item.Channel, "order:"+asked.User+":") {
			results = append(results, object{"grant": 600})
		} else {
			results = append(results, refuse("forbidden", "Not your order."))
		}
	}
	return object{"results": results}
}

func publish(raw json.RawMessage) object {
	var data object
	json.Unmarshal(raw, &data)
	text, isText := data["text"].(string)
	if !isText {
		return refuse("bad_request", "A message has a text.")
	}
	if strings.Contains(text, "casino") {
		return object{"skip": true}
	}
	if strings.Contains(text, "darn") {
		data["text"] = strings.ReplaceAll(text, "darn", "****")
		return object{"data": data}
	}
	return object{}
}

func request(asked question) object {
	if asked.Event != "total" {
		return refuse("not_found", "No such event.")
	}
	var cart struct{ Items []float64 }
	json.Unmarshal(asked.Data, &cart)
	total := 0.0
	for _, price := range cart.Items {
		total += price
	}
	return object{"data": object{"total": total}}
}

// A call may come twice: the answers of the last ones, by id, the oldest first.
type memory struct {
	sync.Mutex
	answers map[string]object
	order   []string
}

const mostAnswers = 10_000

func (kept *memory) answer(id string, asked question) object {
	kept.Lock()
	defer kept.Unlock()
	if known, again := kept.answers[id]; again {
		return known
	}
	answer := decide(asked)
	kept.answers[id] = answer
	kept.order = append(kept.order, id)
	if len(kept.order) > mostAnswers {
		delete(kept.answers, kept.order[0])
		kept.order = kept.order[1:]
	}
	return answer
}

func setting(name, usual string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return usual
}

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("TIDEGATE_HOOK_SECRET"))
	if err != nil {
		log.Fatal(err)
	}
	name := setting("HOOK_NAME", "shop")
	kept := &memory{answers: map[string]object{}}
	http.HandleFunc("/tidegate", func(response http.ResponseWriter, call *http.Request) {
		// The signature is over the bytes as they came.
		text, _ := io.ReadAll(call.Body)
		var asked question
		// Hooks may share a secret: what is meant for another one is not for here.
		if webhook.Verify(text, call.Header) != nil || json.Unmarshal(text, &asked) != nil || asked.Hook != name {
			response.WriteHeader(http.StatusUnauthorized)
			return
		}
		response.Header().Set("content-type", "application/json")
		json.NewEncoder(response).Encode(kept.answer(call.Header.Get("webhook-id"), asked))
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+setting("PORT", "8080"), nil))
}
