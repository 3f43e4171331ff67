"""Rooms to talk in. Who is where stands in files: ROOMS/room/connection, with the name in it."""
import json
import os
import pathlib
import time
import urllib.error
import urllib.parse
import urllib.request

ROOMS = pathlib.Path(os.environ["ROOMS"])


def handle(event, context):
    about = event["requestContext"]
    if about["eventType"] == "CONNECT":
        return {"statusCode": 200, "headers": subprotocol(event)}
    if about["eventType"] == "DISCONNECT":
        for place in places(about["connectionId"]):
            place.unlink(missing_ok=True)
        return {"statusCode": 200}
    route = about["routeKey"]
    if route == "$default":
        return answer({"unknown": event["body"]})
    return ROUTES[route](about, json.loads(event["body"])[1:])


def subprotocol(event):
    offered = event["headers"].get("Sec-WebSocket-Protocol")
    return {"Sec-WebSocket-Protocol": offered.split(",")[0].strip()} if offered else {}


def places(connection):
    return list(ROOMS.glob("*/" + connection))


def enter(about, words):
    place = ROOMS / words[0] / about["connectionId"]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(about["authorizer"]["principalId"])
    post(f"https://{about['domainName']}/{about['stage']}", place.name, {"entered": words[0], "motto": about["authorizer"]["motto"]})
    return {"statusCode": 200}


def say(about, words, api=os.environ["CALLBACK"]):
    for mine in places(about["connectionId"]):
        for other in mine.parent.iterdir():
            post(api, other.name, {"from": mine.read_text(), "said": words[0]})
    return {"statusCode": 200}


def shout(about, words):
    return say(about, words, f"https://{about['apiId']}.execute-api.{os.environ['AWS_REGION']}.amazonaws.com/{about['stage']}")


def who(about, words):
    return answer(sorted(p.read_text() for p in (ROOMS / words[0]).iterdir()))


def fail(about, words):
    raise RuntimeError("this is not shown to anybody")


def sleep(about, words):
    time.sleep(5)


ROUTES = {"enter": enter, "say": say, "shout": shout, "who": who, "fail": fail, "sleep": sleep}


def answer(value):
    return {"statusCode": 200, "body": json.dumps(value)}


def post(api, connection, value):
    url = f"{api}/@connections/{urllib.parse.quote(connection, safe='')}"
    try:
        urllib.request.urlopen(urllib.request.Request(url, json.dumps(value).encode(), method="POST")).close()
    except urllib.error.HTTPError as e:
        if e.code != 410:  # Gone: $disconnect is on its way
            raise
