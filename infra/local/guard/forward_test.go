package guard_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tacet/infra/local/guard"
)

// DynamoDB Local listens on all interfaces and checks no signature: what keeps
// strangers from the tables is that only the guard knows under which id they are.
func TestRequestsGoOnInTheNameOfTheOwner(t *testing.T) {
	var got http.Header
	database := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r.Header }))
	defer database.Close()
	to, err := url.Parse(database.URL)
	if err != nil {
		t.Fatal(err)
	}
	for sent, want := range map[string]string{
		"AWS4-HMAC-SHA256 Credential=ConnectFunction/20261128/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00": "AWS4-HMAC-SHA256 Credential=owner/20261128/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00",
		"": "Credential=owner/",
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		r.Header.Set("Authorization", sent)
		r.Header.Set("X-Amz-Target", "DynamoDB_20120810.ListTables")
		guard.Forward(to, "owner").ServeHTTP(httptest.NewRecorder(), r)
		if got.Get("Authorization") != want || got.Get("X-Amz-Target") != "DynamoDB_20120810.ListTables" {
			t.Errorf("%q goes on as %q", sent, got)
		}
	}
}
