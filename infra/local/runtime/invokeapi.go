package runtime

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"unicode/utf8"
)

// ServeHTTP serves the Invoke action of the Lambda API.
func (h *Host) ServeHTTP(w http.ResponseWriter, r *http.Request) { h.api.ServeHTTP(w, r) }

func (h *Host) routes() *http.ServeMux {
	m := http.NewServeMux()
	m.HandleFunc("POST /2015-03-31/functions/{name}/invocations", h.serveInvoke)
	m.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, newID(), &Refusal{Status: http.StatusNotFound, Code: "UnknownOperationException", Message: "Only the Invoke action is served here."})
	})
	return m
}

// serveInvoke is https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (h *Host) serveInvoke(w http.ResponseWriter, r *http.Request) {
	kind := r.Header.Get("X-Amz-Invocation-Type")
	preset(&kind, "RequestResponse")
	inv := newInvocation(nil)
	f, err := h.admission(r, kind, inv)
	if err != nil {
		refuse(w, inv.id, err)
		return
	}
	w.Header().Set("X-Amzn-Requestid", inv.id)
	switch kind {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
	case "Event":
		if err := f.enqueue(inv); err != nil {
			refuse(w, inv.id, err)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	default:
		respond(w, inv.id, f.invoke(r.Context(), inv))
	}
}

// admission checks a request and reads what is to be handled.
func (h *Host) admission(r *http.Request, kind string, inv *invocation) (*Function, error) {
	limit := maxRequest
	switch kind {
	case "RequestResponse", "DryRun":
	case "Event":
		limit = maxEvent
	default:
		return nil, invalid("InvalidParameterValueException", "Unsupported invocation type.")
	}
	name := nameIn(r.PathValue("name"))
	f := h.Function(name)
	if f == nil {
		return nil, notFound(h.arn(name))
	}
	body, err := read(r, int64(limit))
	switch {
	case isTooLarge(err):
		// How large it is says its header, or is to be counted.
		rest, _ := io.Copy(io.Discard, r.Body)
		return nil, tooLarge(max(r.ContentLength, int64(limit)+rest), kind, limit)
	case err != nil:
		return nil, invalid("InvalidRequestContentException", "Could not read the request body.")
	case len(body) == 0:
		body = []byte("{}")
	case !utf8.Valid(body) || !json.Valid(body):
		return nil, invalid("InvalidRequestContentException", "Could not parse request body into json: Could not parse payload into json")
	}
	inv.event = body
	if trace := r.Header.Get("X-Amzn-Trace-Id"); trace != "" {
		inv.trace = trace
	}
	if client, err := base64.StdEncoding.DecodeString(r.Header.Get("X-Amz-Client-Context")); err == nil && json.Valid(client) {
		inv.clientContext = string(client)
	}
	return f, nil
}

// nameIn finds the name of a function in what a request calls it: its name, an
// ARN with more or less of its parts, any of them with a version or alias.
func nameIn(s string) string {
	if _, after, ok := strings.Cut(s, "function:"); ok {
		s = after
	}
	s, _, _ = strings.Cut(s, ":")
	return s
}

// respond answers with what came of an invocation.
func respond(w http.ResponseWriter, id string, out outcome) {
	payload := out.payload
	if failure, ok := errors.AsType[*FunctionError](out.err); ok {
		w.Header().Set("X-Amz-Function-Error", "Unhandled")
		payload = failure.Payload
	} else if out.err != nil {
		refuse(w, id, out.err)
		return
	}
	w.Header().Set("X-Amz-Executed-Version", version)
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(payload)
}

// refuse says why nothing was invoked.
func refuse(w http.ResponseWriter, id string, err error) {
	refusal, ok := errors.AsType[*Refusal](err)
	if !ok {
		refusal = &Refusal{Status: http.StatusInternalServerError, Code: "ServiceException", Message: "The host is being closed, or nobody waits any more."}
	}
	body := map[string]string{"Type": "User", "Message": refusal.Message}
	if refusal.Status >= http.StatusInternalServerError {
		body["Type"] = "Service"
	}
	if refusal.Reason != "" {
		body = map[string]string{"Type": "User", "message": refusal.Message, "Reason": refusal.Reason}
	}
	w.Header().Set("X-Amzn-Requestid", id)
	w.Header().Set("X-Amzn-Errortype", refusal.Code)
	reply(w, refusal.Status, body)
}
