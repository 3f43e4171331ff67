"""Lets in who knows the password."""
import os


def handle(event, context):
    password = event["queryStringParameters"]["password"]
    if password == "nonsense":
        raise Exception("Unauthorized")
    allowed = password == os.environ["PASSWORD"]
    return {
        "principalId": event["queryStringParameters"].get("name", "nobody"),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Action": "execute-api:Invoke",
                "Effect": "Allow" if allowed else "Deny",
                "Resource": event["methodArn"],
            }],
        },
        "context": {"motto": event["stageVariables"]["motto"]},
    }
