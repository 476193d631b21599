import json, sys, time
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

url, token, channel = sys.argv[1:]
position, last = None, None


def take(message):
    global position, last
    position, last = message["position"], message["data"]
    print(last, flush=True)


def follow():
    with connect(url, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        say = lambda *frame: socket.send(json.dumps(frame))
        say("connect", {})
        say("subscribe", {"channel": channel, **({"since": position} if position else {})}, 1)
        if position is None:
            say("publish", {"channel": channel, "data": "hello"})
        while last != "bye":
            word, body = json.loads(socket.recv())
            for message in body["messages"] if word == 1 else [body] if word == "message" else []:
                take(message)


while last != "bye":
    try:
        follow()
    except (OSError, WebSocketException):
        time.sleep(0.2)
