package guard

import (
	"net/http"
	"net/url"
	"strings"

	"tacet/infra/local/iam"
)

// functionsPath is where Lambda's Invoke API is
// (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html).
const functionsPath = "/2015-03-31/functions/"

// readLambda tells what an invocation needs.
func (g *Guard) readLambda(r *http.Request, body []byte) (request, error) {
	escaped, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.EscapedPath(), functionsPath), "/invocations")
	name, err := url.PathUnescape(escaped)
	if !ok || err != nil || r.Method != http.MethodPost {
		return request{}, errUnknown
	}
	if i := strings.LastIndex(name, ":function:"); i >= 0 { // an ARN
		name = name[i+len(":function:"):]
	}
	name, _, _ = strings.Cut(name, ":") // a qualifier
	return request{
		Call:  Call{Service: Lambda, Operation: "Invoke", On: name},
		needs: []iam.Request{{Action: "lambda:InvokeFunction", Resource: g.arn("lambda", "function:"+name)}},
		body:  body,
	}, nil
}
