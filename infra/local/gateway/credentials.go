package gateway

import "tacet/infra/local/signature"

// Credentials are the key pair that requests must be signed with. They print as
// their id.
type Credentials = signature.Credentials

// signingService is what requests to API Gateway's APIs are signed for.
const signingService = "execute-api"
