package standalone

import (
	"fmt"
	"log/slog"
	"testing"

	"tacet/infra/config"
	"tacet/infra/entry"
	"tacet/infra/local/gateway"
	"tacet/infra/local/template"
)

// functionOf names the function in the template whose handler it is.
func functionOf(t *testing.T, h any) string {
	t.Helper()
	switch h.(type) {
	case bounded:
		return "ConnectFunction"
	case entry.Disconnect:
		return "DisconnectFunction"
	case entry.Subscribe:
		return "SubscribeFunction"
	case entry.Publish:
		return "PublishFunction"
	}
	if fmt.Sprintf("%T", h) == fmt.Sprintf("%T", gateway.Encoded(entry.Fallback{})) {
		return "FallbackFunction"
	}
	t.Fatalf("whose handler is a %T?", h)
	return ""
}

// A client must find the same routes here and on AWS.
func TestRoutesAreThoseOfTheTemplate(t *testing.T) {
	read, err := template.Read("../../../template.yaml", template.Options{})
	if err != nil {
		t.Fatal(err)
	}
	deployed := read.WebSocketAPIs[0]
	p := &Platform{log: slog.New(slog.DiscardHandler)}
	here := p.stage(&config.Standalone{})
	if deployed.Selection != here.Selection || len(deployed.Routes) != len(here.Routes) {
		t.Errorf("selection %s and %d routes; here %s and %d", deployed.Selection, len(deployed.Routes), here.Selection, len(here.Routes))
	}
	for _, r := range deployed.Routes {
		own, ok := here.Routes[r.Key]
		if !ok {
			t.Errorf("the route %s is not here", r.Key)
			continue
		}
		if want := functionOf(t, own.Handler); r.Function != want || r.ResponseSelection != own.ResponseSelection || r.Response != own.Response {
			t.Errorf("the route %s leads to %s, with answers %t and %t; here to %s, %t, %t",
				r.Key, r.Function, r.ResponseSelection, r.Response, want, own.ResponseSelection, own.Response)
		}
	}
}
