package guard

import (
	"encoding/json"
	"net/http"
	"strings"

	"tacet/infra/local/iam"
)

// kmsTarget is what the header X-Amz-Target of requests to KMS begins with.
const kmsTarget = "TrentService."

// readKMS tells what an operation with a key needs. The key is named by its ARN:
// an alias, or what is encrypted alone, does not say which it is.
func (g *Guard) readKMS(r *http.Request, body []byte) (request, error) {
	operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), kmsTarget)
	var on struct {
		KeyID string `json:"KeyId"`
	}
	if err := json.Unmarshal(body, &on); err != nil || !strings.HasPrefix(on.KeyID, "arn:") {
		return request{}, errUnknown
	}
	return request{
		Call:  Call{Service: KMS, Operation: operation, On: on.KeyID},
		needs: []iam.Request{{Action: "kms:" + operation, Resource: on.KeyID}},
		body:  body,
	}, nil
}
