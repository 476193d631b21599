#!/usr/bin/env bash
# openapi-python-client reads a refusal as a success where the two differ by `ok: true` and `ok: false`.
#
# Version: openapi-python-client 0.29.1 (with attrs 26.1.0 and httpx 0.28.1 for what it generates).
#
# Behaviour: of `{const: true}` it makes `Literal[True]` and checks the value when decoding, as it does of
# `{type: string, const: "yes"}` and `{type: integer, const: 1}`. Of the more exact `{type: boolean, const: true}` it makes
# a plain `bool`: where a boolean's type is given too, its constant is dropped without a warning. An answer described as
# `anyOf` or `oneOf` a success and an error, told apart by that constant, then becomes the first alternative whose required
# properties are there: an error is made a success object without a position, its `error` is found among the additional
# properties only, and `isinstance(answer, Refused)` is false.
#
# Output seen (the server answers {"ok": false, "error": "forbidden"}, or with "no" or 0 for false):
#   {type: boolean, const: true}: decoded as Published
#   {const: true}: decoded as Refused
#   {type: string, const: "yes"}: decoded as Refused
#   {type: integer, const: 1}: decoded as Refused
#
# Needs python3 >= 3.11 with venv. Exits 0 while this is so.
set -euo pipefail

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir \
  openapi-python-client==0.29.1 attrs==26.1.0 httpx==0.28.1

# Else the generator looks for a formatter.
echo 'post_hooks: []' >config.yaml

cat >decode.py <<'PY'
import importlib
import json
import subprocess
import sys

import httpx


def description(success, failure):
    """A description of one call whose answer is a success or a refusal."""
    answer = {"anyOf": [{"$ref": "#/components/schemas/Published"}, {"$ref": "#/components/schemas/Refused"}]}
    return {
        "openapi": "3.1.0",
        "info": {"title": "finding", "version": "1"},
        "paths": {
            "/publish": {
                "post": {
                    "operationId": "publish",
                    "responses": {"200": {"description": "done", "content": {"application/json": {"schema": answer}}}},
                }
            }
        },
        "components": {
            "schemas": {
                "Published": {
                    "type": "object",
                    "required": ["ok"],
                    "properties": {"ok": success, "position": {"type": "integer"}},
                },
                "Refused": {
                    "type": "object",
                    "required": ["ok", "error"],
                    "properties": {"ok": failure, "error": {"type": "string"}},
                },
            }
        },
    }


def decoded(package, success, failure):
    """The class that the generated client makes of a refusal."""
    with open(f"{package}.json", "w") as file:
        json.dump(description(success, failure), file)
    generate = ["openapi-python-client", "generate", "--path", f"{package}.json", "--output-path", package]
    options = ["--meta", "none", "--config", "config.yaml"]
    subprocess.run([f"venv/bin/{generate[0]}", *generate[1:], *options], check=True, capture_output=True)
    importlib.invalidate_caches()
    client = importlib.import_module(package).Client(
        base_url="http://server",
        # No connection is made: the answer is given here.
        httpx_args={
            "transport": httpx.MockTransport(
                lambda _: httpx.Response(200, json={"ok": failure["const"], "error": "forbidden"})
            )
        },
    )
    return type(importlib.import_module(f"{package}.api.default.publish").sync(client=client)).__name__


CASES = [
    ("{type: boolean, const: true}", {"type": "boolean", "const": True}, {"type": "boolean", "const": False}, "Published"),
    ("{const: true}", {"const": True}, {"const": False}, "Refused"),
    ('{type: string, const: "yes"}', {"type": "string", "const": "yes"}, {"type": "string", "const": "no"}, "Refused"),
    ("{type: integer, const: 1}", {"type": "integer", "const": 1}, {"type": "integer", "const": 0}, "Refused"),
]
sys.path.insert(0, ".")
same = True
for number, (words, success, failure, stated) in enumerate(CASES):
    name = decoded(f"case{number}", success, failure)
    print(f"{words}: decoded as {name}")
    same = same and name == stated
if not same:
    print("CHANGED: constants are no longer kept and dropped as stated")
sys.exit(0 if same else 1)
PY
venv/bin/python decode.py
