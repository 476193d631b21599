"""Calls the server API through the generated client, and prints what came of it."""

import sys

from tidegate_client import AuthenticatedClient
from tidegate_client.api.channels import read_history
from tidegate_client.api.connections import disconnect
from tidegate_client.api.messages import batch, publish
from tidegate_client.api.tokens import issue_token
from tidegate_client.models import (
    BatchInput,
    DisconnectionInput,
    ErrorAnswer,
    OperationInput,
    PublicationInput,
    TokenRequestInput,
)
from tidegate_client.types import UNSET

client = AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2])


def say(name, *words):
    print(name, *(str(word).lower() if isinstance(word, bool) else word for word in words))


one = publish.sync(client=client, body=PublicationInput(channel="chat:42", data={"text": "hello"})).results[0]
say("one", one.channel, one.position is not UNSET, one.error is UNSET)

many = publish.sync(client=client, body=PublicationInput(channels=["chat:42", "nowhere"], data=2)).results
say("many", many[0].error is UNSET, many[1].error.code)

refused = publish.sync_detailed(client=client, body=PublicationInput(channel="nowhere", data=3))
is_error = isinstance(refused.parsed, ErrorAnswer) and refused.parsed.error.code == "unknown_channel"
say("refused", int(refused.status_code), is_error)

operations = [
    PublicationInput(channel="chat:42", data=4),
    PublicationInput(channel="nowhere", data=5),
    PublicationInput(channels=["chat:42", "nowhere"], data=6),
]
results = batch.sync(
    client=client, body=BatchInput(operations=[OperationInput(publish=one) for one in operations])
).results
say("batch", results[0].error is UNSET, results[1].error.code, results[2].results[1].error.code)

page = read_history.sync(client=client, channel="chat:42", limit=1)
first = page.messages[0]
say("history", first.data["text"], first.time > 1_500_000_000_000, page.more)

session = issue_token.sync(client=client, body=TokenRequestInput(user="ann", info={"name": "Ann"}))
channel = issue_token.sync(client=client, body=TokenRequestInput(user="ann", channel="doc:7", ttl=600))
say("tokens", session.expires_at > channel.expires_at, channel.token.startswith("ey"))

say("reach", disconnect.sync(client=client, body=DisconnectionInput(user="ann")).connections)
