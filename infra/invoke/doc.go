// Package invoke starts functions by name, through Lambda's Invoke API.
//
// It promises that Call runs a function at most once, and Start at least once
// unless it returns an error:
//
//   - Call repeats what Lambda says it has not started (429, an endpoint that
//     takes no connection, and the errors of setting a function up), and
//     nothing else: an answer that is lost, or a 500, leaves open whether the
//     function ran.
//   - Start repeats any failure but a refusal. What is started asynchronously
//     must bear to be run twice in any case: "even if your function doesn't
//     return an error, it's possible for it to receive the same event from
//     Lambda multiple times" (AWS Lambda Developer Guide, "How Lambda handles
//     errors and retries with asynchronous invocation"). What is started so
//     rests in a queue of Lambda's, so it carries ids and never a message.
//
// Repetitions wait a random part of a time that doubles (full jitter), within
// the context's time. Errors say which function, and quote nothing of a payload
// or an answer.
//
// Payloads and answers of Call may have 6 MB, payloads of Start 1 MB
// (https://docs.aws.amazon.com/lambda/latest/dg/API_Invoke.html).
//
// Call has no timeout of its own: functions run for up to fifteen minutes, and
// only the caller knows how long it can wait. An attempt of Start has two seconds.
package invoke
