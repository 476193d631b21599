"""A backend that a Tidegate gateway asks, with FastAPI: `pip install fastapi uvicorn standardwebhooks`, then
`PORT=8080 TIDEGATE_HOOK_SECRET=whsec_... python backend.py`."""

import os
from collections import OrderedDict

import uvicorn
from fastapi import FastAPI, Request, Response
from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["TIDEGATE_HOOK_SECRET"])
name = os.environ.get("HOOK_NAME", "shop")

# The backend's own logins; yours is a database.
sessions = {"session-of-ann": {"user": "ann", "name": "Ann"}}

# A call may come twice: the answers of the last ones, by id, the oldest first.
answers: OrderedDict[str, dict] = OrderedDict()
most_answers = 10_000


def refuse(code: str, message: str) -> dict:
    return {"error": {"code": code, "message": message}}


def connect(body: dict) -> dict:
    session = sessions.get(body["auth"].get("session"))
    if session is None:
        return refuse("unauthorized", "No such session.")
    return {"user": session["user"], "info": {"name": session["name"]}}


def subscribe(body: dict) -> dict:
    """`order:ann:7` is an order of Ann's. Nobody need be asked again for ten minutes."""
    own = f"order:{body['user']}:"
    return {
        "results": [
            {"grant": 600} if item["channel"].startswith(own) else refuse("forbidden", "Not your order.")
            for item in body["subscribe"]
        ]
    }


def publish(body: dict) -> dict:
    data = body["data"]
    if not isinstance(data, dict) or not isinstance(data.get("text"), str):
        return refuse("bad_request", "A message has a text.")
    if "casino" in data["text"]:
        return {"skip": True}
    if "darn" in data["text"]:
        return {"data": {**data, "text": data["text"].replace("darn", "****")}}
    return {}


def request(body: dict) -> dict:
    if body["event"] != "total":
        return refuse("not_found", "No such event.")
    return {"data": {"total": sum(body["data"]["items"])}}


deciders = {"connect": connect, "subscribe": subscribe, "publish": publish, "request": request}


def decide(body: dict) -> dict:
    decider = deciders.get(body["type"])
    return decider(body) if decider else refuse("not_found", "Nobody knows.")


app = FastAPI()


@app.post("/tidegate")
async def tidegate(request: Request):
    # The signature is over the bytes as they came.
    text = await request.body()
    try:
        body = webhook.verify(text, dict(request.headers))
    except WebhookVerificationError:
        return Response(status_code=401)
    # Hooks may share a secret: what is meant for another one is not for here.
    if body["hook"] != name:
        return Response(status_code=401)
    call = request.headers["webhook-id"]
    if call not in answers:
        answers[call] = decide(body)
        if len(answers) > most_answers:
            answers.popitem(last=False)
    return answers[call]


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ.get("PORT", "8080")), log_level="warning")
