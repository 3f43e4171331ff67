import os


def lambda_handler(event, context):
    match event.get("do"):
        case "fail":
            raise Exception("Unauthorized")
        case "unserialisable":
            return {1, 2}
        case "context":
            return {
                "arn": context.invoked_function_arn,
                "left": context.get_remaining_time_in_millis() > 0,
                "memory": context.memory_limit_in_mb,
                "name": context.function_name,
                "version": context.function_version,
                "id": len(context.aws_request_id),
                "client": context.client_context,
            }
        case "say":
            print("from Python")
        case "exit":
            os._exit(5)
        case _:
            return event
