package apihost_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/coder/websocket"

	"tacet/infra/local/apihost"
)

// Where the API asks for IAM, a handshake must be signed with what is said at
// the start; callbacks need not be.
func TestAHandshakeCanBeSigned(t *testing.T) {
	text := strings.Replace(one, "Routes: {", "Auth: {AuthType: AWS_IAM}, Routes: {$connect: {FunctionArn: !GetAtt F.Arn}, ", 1)
	r := serve(t, apihost.Options{Template: mustParse(t, "Resources:"+text+f)})
	if got := r.refused(""); got != 403 {
		t.Errorf("status %d, want 403", got)
	}
	if !r.Facts().Routes[0].IAM {
		t.Errorf("%+v", r.Facts())
	}
	request := httptest.NewRequest("GET", strings.Replace(r.Facts().WebSocket, "ws:", "http:", 1), nil)
	empty := sha256.Sum256(nil)
	err := v4.NewSigner().SignHTTP(t.Context(), aws.Credentials{AccessKeyID: apihost.Caller, SecretAccessKey: apihost.Caller},
		request, hex.EncodeToString(empty[:]), "execute-api", "us-east-1", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	r.dial("", &websocket.DialOptions{HTTPHeader: request.Header})
}

func TestAnAPIKeyIsAskedFor(t *testing.T) {
	text := strings.Replace(one, "$default: {", "$connect: {ApiKeyRequired: true, ", 1)
	r := serve(t, apihost.Options{Template: mustParse(t, "Resources:"+text+f), APIKeys: []string{"old", "new"}})
	if got := r.refused(""); got != 403 {
		t.Errorf("status %d, want 403", got)
	}
	r.dial("", &websocket.DialOptions{HTTPHeader: http.Header{"X-Api-Key": {"new"}}})
}

// A certificate of one's own is what clients see.
func TestTheCertificateCanBeOnesOwn(t *testing.T) {
	other := httptest.NewTLSServer(http.NotFoundHandler())
	defer other.Close()
	r := serve(t, apihost.Options{Template: mustParse(t, "Resources:"+one+f), Certificate: &other.TLS.Certificates[0]})
	client := other.Client() // which trusts no other
	defer client.CloseIdleConnections()
	response, err := client.Get(strings.Replace(r.Facts().Management, "http:", "https:", 1) + "AAAAAAAAAAACAAA=")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != 410 {
		t.Error(response.Status)
	}
}

// What the command does not serve is said, also where somebody else would.
func TestWhatIsNotServedIsSaid(t *testing.T) {
	more := `
  G:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: python3.12
      InlineCode: x
      Events:
        Path: {Type: HttpApi, Properties: {Path: /, Method: get}}
        Time: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
        Changes: {Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn, StartingPosition: LATEST}}
  T: {Type: "AWS::Serverless::SimpleTable"}
  Q: {Type: "AWS::SQS::Queue"}
`
	got := fmt.Sprintf("%q", serve(t, apihost.Options{Template: mustParse(t, "Resources:"+one+f+more)}).Facts().Unsupported)
	want := `["line 14: ServerlessHttpApi: an HTTP API, beside the WebSocket API" "line 15: the schedule of G" "line 16: the stream that feeds G" "line 18: Q (AWS::SQS::Queue)"]`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
