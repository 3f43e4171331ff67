package config_test

import (
	"maps"
	"testing"

	"tacet/infra/config"
)

func TestTracesGoWhereOpenTelemetrysVariablesSay(t *testing.T) {
	for _, c := range []struct {
		t    config.Traces
		want string
	}{
		{config.Traces{}, ""},
		{config.Traces{Endpoint: "http://127.0.0.1:4318"}, "http://127.0.0.1:4318/v1/traces"},
		{config.Traces{Endpoint: "https://collector.example/otlp/"}, "https://collector.example/otlp/v1/traces"},
		{config.Traces{Endpoint: "http://127.0.0.1:4318", TracesEndpoint: "https://traces.example/in"}, "https://traces.example/in"},
	} {
		if got := c.t.TracesURL(); got != c.want || c.t.Validate() != nil {
			t.Errorf("%+v: %s, %v", c.t, got, c.t.Validate())
		}
	}
	for _, bad := range []config.Traces{{Endpoint: "localhost:4318"}, {TracesEndpoint: "grpc://x"}, {Endpoint: "http://user:secret@collector.example"}} {
		if bad.Validate() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
	headers := (&config.Traces{Headers: "x-key=a%20b, other=1,broken"}).TracesHeaders()
	if want := map[string]string{"x-key": "a b", "other": "1"}; !maps.Equal(headers, want) {
		t.Errorf("got %v", headers)
	}
}
