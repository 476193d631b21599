"""python-socketio over asyncio. Arguments: the gateway, a token. Commands come as lines, events go as lines."""
import asyncio, json, os, sys
import socketio

url, token = sys.argv[1:]


def say(line):
    print(json.dumps(line, default=lambda value: {"bytes": bytes(value).hex()}), flush=True)


async def main():
    client = socketio.AsyncClient(reconnection_delay=1)

    async def any_event(event, payload=None):
        say({"on": event, "payload": payload})

    async def refused(data=None):
        say({"on": "connect_error", "payload": data.get("data", data) if isinstance(data, dict) else data})

    async def disconnected(reason=None):
        say({"on": "disconnect", "payload": reason})

    client.on("*", any_event)
    client.on("connect_error", refused)
    client.on("disconnect", disconnected)
    try:
        await client.connect(url, auth={"token": token}, transports=["websocket"], wait_timeout=10)
    except socketio.exceptions.ConnectionError as error:
        say({"on": "raised", "payload": str(error)})
    while line := await asyncio.to_thread(sys.stdin.readline):
        command = json.loads(line)
        payload = command["payload"]
        if "bytes" in command:
            payload["data"] = bytes.fromhex(command["bytes"])
        identity = payload.get("id")

        def answered(reply, identity=identity):
            say({"ack": identity, "reply": reply})

        await client.emit(command["emit"], payload, callback=answered)
    os._exit(0)


asyncio.run(main())
