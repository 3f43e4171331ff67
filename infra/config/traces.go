package config

import (
	"errors"
	"net/url"
	"strings"
)

// Traces says where traces are sent. The variables are those of OpenTelemetry,
// whose SDK reads others itself: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES,
// OTEL_TRACES_SAMPLER, OTEL_TRACES_SAMPLER_ARG, and OTEL_BSP_… for batches.
type Traces struct {
	Endpoint       string `name:"otlp-endpoint" placeholder:"URL" env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"Send traces to this collector of OpenTelemetry, as OTLP over HTTP in JSON: http://127.0.0.1:4318. They hold ids, codes, counts and sizes, no message, topic or address. OTEL_TRACES_SAMPLER=parentbased_traceidratio with OTEL_TRACES_SAMPLER_ARG=0.01 takes one in a hundred."`
	TracesEndpoint string `name:"otlp-traces-endpoint" hidden:"" env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" help:"The same as a whole URL, with the path."`
	Headers        string `name:"otlp-headers" hidden:"" env:"OTEL_EXPORTER_OTLP_HEADERS" help:"What the collector knows us by: name=value, separated by commas."`
}

// TracesURL returns where spans are posted to; "" is nowhere.
func (t *Traces) TracesURL() string {
	if t.TracesEndpoint != "" || t.Endpoint == "" {
		return t.TracesEndpoint
	}
	return strings.TrimSuffix(t.Endpoint, "/") + "/v1/traces"
}

// TracesHeaders returns what is sent along. The values are percent-encoded, as
// OpenTelemetry has it.
func (t *Traces) TracesHeaders() map[string]string {
	all := map[string]string{}
	for pair := range strings.SplitSeq(t.Headers, ",") {
		name, value, ok := strings.Cut(pair, "=")
		if plain, err := url.PathUnescape(strings.TrimSpace(value)); ok && err == nil {
			all[strings.TrimSpace(name)] = plain
		}
	}
	return all
}

// Validate returns nil, or an error that says what to do about it.
func (t *Traces) Validate() error {
	if t.Endpoint != "" && !isURL(t.Endpoint) || t.TracesEndpoint != "" && !isURL(t.TracesEndpoint) {
		return errors.New("--otlp-endpoint is no http or https URL such as http://127.0.0.1:4318")
	}
	return nil
}
