package gateway

import "tacet/infra/sigv4"

// Credentials are the key pair that requests must be signed with. They print as
// their id.
type Credentials = sigv4.Credentials

// signingService is what requests to API Gateway's APIs are signed for.
const signingService = "execute-api"
