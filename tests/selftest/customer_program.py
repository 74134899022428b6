"""A program for `--customer command`: chats over the Customer Chat API of the server in GWS_URL.

    customer_program.py [--can WORDS] [--as nickname|marker|nobody]

`--can` limits what it says it can do (words separated by commas); `--as` says what it hands over of who it is.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.request
from typing import Any

CHATS = os.environ["GWS_URL"] + "/api/v2/chats"
HEADERS = {"ContactCenterId": os.environ["GWS_CONTACT_CENTER_ID"], "Content-Type": "application/json"}
EVERYTHING = "say,type,leave,look,read,name,user-data"


def call(path: str, **body: Any) -> Any:
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(CHATS + path, data, HEADERS), timeout=20) as answer:
        return json.load(answer)


def offer(request: dict[str, Any], handed: str) -> str:
    names = {"FirstName": request["nickname"]} if handed == "nickname" else {}
    user_data = request["userData"] if handed == "marker" else names
    subject = {"subject": request["subject"]} if handed == "marker" else {}
    nickname = request["nickname"] if handed != "nobody" else "Somebody"
    chat = call("", operationName="RequestChat", nickname=nickname, userData=user_data, **subject)
    return f"/{chat['id']}"


def done(path: str, request: dict[str, Any]) -> dict[str, Any]:
    match request["do"]:
        case "say":
            call(path, operationName="SendMessage", text=request["text"])
        case "type":
            start = request["what"] == "started"
            call(path, operationName=f"Send{'Start' if start else 'Stop'}TypingNotification")
        case "leave":
            call(path, operationName="Complete")
        case "look":
            people = call(path)["chat"]["participants"]
            return {"ok": True, "agents": [p["nickname"] for p in people if p["type"] == "Agent"]}
        case "read":
            return {"ok": True, "entries": call(path + "/messages?index=0")["messages"]}
    return {"ok": True}


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--can", default=EVERYTHING)
    options.add_argument("--as", dest="handed", default="marker")
    chosen = options.parse_args()
    path = ""
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "offer":
                path = offer(request, chosen.handed)
                answer = {"offered": True, "can": [word for word in chosen.can.split(",") if word]}
            else:
                answer = done(path, request)
        except OSError as error:
            answer = {"ok": False, "offered": False, "reason": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
