# Runs a Python handler over the Lambda Runtime API, as the Python runtime of
# Lambda does. Started by package runtime.
import sys

sys.path.pop(0)  # the working folder: the handler's modules must not hide these

import http.client
import importlib
import json
import os
import time
import traceback

root, handler_name = os.environ["LAMBDA_TASK_ROOT"], os.environ["_HANDLER"]
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])


def call(method, at, body=None):
    connection.request(method, "/2018-06-01/runtime/" + at, body, {"Content-Type": "application/json"} if body else {})
    response = connection.getresponse()
    return response.status, response.headers, response.read()


class Fault(Exception):
    """Why the function cannot be run, as Lambda names it."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def shape(error, request_id=""):
    """What Lambda answers with when a handler failed."""
    kind = "Runtime." + error.kind if isinstance(error, Fault) else type(error).__name__
    frames = [] if isinstance(error, Fault) else traceback.format_list(traceback.extract_tb(error.__traceback__)[2:])
    return json.dumps({"errorMessage": str(error), "errorType": kind, "requestId": request_id, "stackTrace": frames})


def load():
    module_name, dot, name = handler_name.rpartition(".")
    if not dot:
        raise Fault("MalformedHandlerName", f"Bad handler '{handler_name}': not enough values to unpack (expected 2, got 1)")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault("ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise Fault("UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    if not hasattr(module, name):
        raise Fault("HandlerNotFound", f"Handler '{name}' missing on module '{module_name}'")
    return getattr(module, name)


class Identity:
    """Who called through Amazon Cognito: nobody, here."""

    cognito_identity_id = cognito_identity_pool_id = None


class Context:
    """What a handler may know of its invocation."""

    def __init__(self, headers):
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.client_context = json.loads(headers.get("Lambda-Runtime-Client-Context") or "null")
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.identity = Identity()
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]

    def get_remaining_time_in_millis(self):
        return max(0, self._deadline - int(time.time() * 1000))


def run(handler, event, context):
    value = handler(event, context)
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as error:
        raise Fault("MarshalError", f"Unable to marshal response: {error}") from error


def serve(handler):
    while True:
        try:
            status, headers, body = call("GET", "invocation/next")
        except (OSError, http.client.HTTPException):
            sys.exit(0)
        if status != 200:
            sys.exit(1)
        context = Context(headers)
        os.environ["_X_AMZN_TRACE_ID"] = headers["Lambda-Runtime-Trace-Id"]
        try:
            at, answer = "response", run(handler, json.loads(body), context)
        except Exception as error:
            traceback.print_exc()
            at, answer = "error", shape(error, context.aws_request_id)
        call("POST", f"invocation/{context.aws_request_id}/{at}", answer.encode())


sys.path.insert(0, root)
try:
    loaded = load()
except Exception as failure:
    traceback.print_exc()
    call("POST", "init/error", shape(failure).encode())
    sys.exit(1)
serve(loaded)
