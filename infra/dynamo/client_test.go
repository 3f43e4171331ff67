package dynamo_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/infra/dynamo"
)

// It bit with %s and %q, which follow one pointer more than the other verbs.
func TestNothingPrintsWhatRequestsAreSignedWith(t *testing.T) {
	const secret, session = "MARKER-secret", "MARKER-session"
	credentials := dynamo.Credentials{ID: "id", Secret: secret, Session: session}
	c := dynamo.NewClient(dynamo.Options{Region: "eu-central-1", Endpoint: local.Endpoint, Credentials: credentials})
	r := dynamo.NewRealtime(c, local.Create(t)["realtime"], time.Now)
	if _, err := r.OfApp(t.Context(), app.ID(strings.Repeat("a", 32)), ""); err != nil { // a request may leave something behind
		t.Fatal(err)
	}
	for _, v := range []any{c, *c, r, struct{ c *dynamo.Client }{c}, struct{ c dynamo.Client }{*c}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			text := fmt.Sprintf(verb, v)
			if strings.Contains(text, "MARKER") || strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte("MARKER"))) {
				t.Errorf("%s of %T prints credentials", verb, v)
			}
		}
	}
}
