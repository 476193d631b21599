"""python-socketio over threads. Arguments: the gateway, a token. Commands come as lines, events go as lines."""
import json, os, sys, threading
import socketio

url, token = sys.argv[1:]
lock = threading.Lock()


def say(line):
    with lock:
        print(json.dumps(line, default=lambda value: {"bytes": bytes(value).hex()}), flush=True)


client = socketio.Client(reconnection_delay=1)
client.on("*", lambda event, payload=None: say({"on": event, "payload": payload}))
client.on("connect_error", lambda data=None: say({"on": "connect_error", "payload": data.get("data", data) if isinstance(data, dict) else data}))
client.on("disconnect", lambda reason=None: say({"on": "disconnect", "payload": reason}))
try:
    client.connect(url, auth={"token": token}, transports=["websocket"], wait_timeout=10)
except socketio.exceptions.ConnectionError as error:
    say({"on": "raised", "payload": str(error)})
for line in sys.stdin:
    command = json.loads(line)
    payload = command["payload"]
    if "bytes" in command:
        payload["data"] = bytes.fromhex(command["bytes"])
    identity = payload.get("id")
    client.emit(command["emit"], payload, callback=lambda reply, identity=identity: say({"ack": identity, "reply": reply}))
os._exit(0)
