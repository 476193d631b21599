#!/usr/bin/env bash
# The Python client raises ConnectionError from connect(), and connects all the same a second later.
#
# Versions: python-socketio 5.18.1, python-engineio 4.15.1, aiohttp 3.14.3, websocket-client 1.9.2.
#
# Behaviour: `connect()` with its default `retry=False` is to raise where the first attempt fails. But where the server ends
# the connection after the engine has opened and before CONNECT is answered (a node that is draining, a proxy that
# restarts), the loss has already started the background reconnection, which raising does not stop. So the app is told that
# it is not connected, and a moment later its `connect` handler runs on that very client. An app that does what the error
# suggests, and calls `connect()` once more, is refused with "Already connected"; one that makes a new client instead has
# two connections. With the defaults it is a toss-up: `connect()` waits for a second (`wait_timeout`) and the reconnection
# for 0.5 to 1.5 s, so that it either raises and connects, or returns as if nothing had been. Here the client reconnects
# after 1.5 to 2.5 s (`reconnection_delay=2`), so that it always raises. The asyncio client and the threaded one do the same.
#
# Output seen:
#   AsyncClient: raised "Unexpected connection error", then its `connect` handler ran; once more: "Already connected"
#   Client: raised "Unexpected connection error", then its `connect` handler ran; once more: "Already connected"
#
# Needs python3 >= 3.10 with venv. Exits 0 while this is so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir \
  python-socketio==5.18.1 python-engineio==4.15.1 aiohttp==3.14.3 websocket-client==1.9.2

cat >connect.py <<'PY'
import asyncio
import json
import sys

import socketio
from aiohttp import web


class Server:
    """Ends its first connection where CONNECT waits for an answer, and serves every later one."""

    def __init__(self):
        self.connections = 0

    async def serve(self, request):
        self.connections += 1
        number = self.connections
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        opening = {"sid": f"e{number}", "upgrades": [], "pingInterval": 25000, "pingTimeout": 20000, "maxPayload": 1000000}
        await ws.send_str("0" + json.dumps(opening))
        async for message in ws:
            if message.data.startswith("40"):
                if number == 1:
                    break
                await ws.send_str("40" + json.dumps({"sid": f"s{number}"}))
        await ws.close()
        return ws

    async def __aenter__(self):
        app = web.Application()
        app.router.add_get("/socket.io/", self.serve)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self.runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_):
        await self.runner.cleanup()


async def attempt(client, url):
    """The error that connect() raises, or None."""
    try:
        if isinstance(client, socketio.AsyncClient):
            await client.connect(url, transports=["websocket"])
        else:
            await asyncio.to_thread(client.connect, url, transports=["websocket"])
    except socketio.exceptions.ConnectionError as error:
        return str(error)


async def watch(client):
    async with Server() as server:
        connected = asyncio.Event()
        loop = asyncio.get_running_loop()
        client.on("connect", lambda: loop.call_soon_threadsafe(connected.set))
        first = await attempt(client, server.url)
        early = connected.is_set()
        try:
            await asyncio.wait_for(connected.wait(), 15)
            # The client notes that it is connected a moment after its handler.
            await asyncio.sleep(1)
        except asyncio.TimeoutError:
            pass
        again = await attempt(client, server.url)
        if isinstance(client, socketio.AsyncClient):
            await client.disconnect()
        else:
            await asyncio.to_thread(client.disconnect)
    ran = "then its `connect` handler ran" if connected.is_set() and not early else "its `connect` handler did not run then"
    print(f'{type(client).__name__}: raised "{first}", {ran}; once more: "{again}"', flush=True)
    return first is not None and not early and connected.is_set() and again == "Already connected"


async def main():
    same = [await watch(client) for client in (socketio.AsyncClient(reconnection_delay=2), socketio.Client(reconnection_delay=2))]
    if not all(same):
        print("CHANGED: connect() no longer raises and connects as stated")
    return 0 if all(same) else 1


sys.exit(asyncio.run(main()))
PY
venv/bin/python connect.py
