package apihost

import (
	"crypto/sha256"
	"net/http"

	"tacet/infra/local/kms"
)

// withKMS serves KMS on the gateway's address as well, for functions that have
// data keys. Its keys are no secret: they have to open after a restart what lies
// in a DynamoDB Local that anybody may read.
func withKMS(gateway http.Handler) http.Handler {
	keys := kms.New(sha256.Sum256([]byte("the keys of tacet gateway")))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && kms.Is(r) {
			keys.ServeHTTP(w, r)
			return
		}
		gateway.ServeHTTP(w, r)
	})
}
