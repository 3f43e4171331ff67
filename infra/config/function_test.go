package config_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"tacet/infra/config"
)

// enough is all that a function may need, and what must not be quoted.
func enough() map[string]string {
	return map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "MARKER", "AWS_SECRET_ACCESS_KEY": "MARKER", "AWS_SESSION_TOKEN": "MARKER",
		"TACET_NODE": "here", "TACET_REALTIME_TABLE": "r", "TACET_TELEMETRY_TABLE": "t", "TACET_DIRECTORY_TABLE": "d", "TACET_VAULT_TABLE": "v", "TACET_LEDGER_TABLE": "l", "TACET_MASTER_KEYS": "k", "TACET_ERASE_FUNCTION": "e",
		"TACET_WELCOME_FUNCTION": "w", "TACET_FANOUT_FUNCTION": "f", "TACET_CONNECTIONS_URL": "https://id.example/v1",
	}
}

func read(name string, env map[string]string) (*config.Function, error) {
	return config.ReadFunction(name, func(name string) string { return env[name] })
}

func TestAFunctionHasWhatItReadsAndNothingElse(t *testing.T) {
	connect, err := read("connect", enough())
	if err != nil {
		t.Fatal(err)
	}
	want := config.Function{
		Region: "eu-central-1", KeyID: "MARKER", SecretKey: "MARKER", SessionToken: "MARKER", LogLevel: "info", Metrics: true, Node: "here",
		RealtimeTable: "r", TelemetryTable: "t", DirectoryTable: "d", VaultTable: "v", MasterKeys: "k", WelcomeFunction: "w",
	}
	if *connect != want {
		t.Errorf("got %+v, want %+v", *connect, want)
	}
	publish, err := read("publish", enough())
	if err != nil || publish.FanoutThreshold != 2000 || publish.WelcomeFunction != "" || publish.Connections != "https://id.example/v1" {
		t.Errorf("got %+v, %v", publish, err)
	}
}

func TestWhatIsMissingIsNamedWithWhatItIsFor(t *testing.T) {
	for _, function := range []string{"connect", "welcome", "disconnect", "subscribe", "publish", "fallback", "fanout", "api", "rollup", "expire", "manage", "erase"} {
		for _, v := range config.Variables(function) {
			env := enough()
			delete(env, v.Name)
			_, err := read(function, env)
			var wrong *config.Error
			switch {
			case v.Default != nil:
				if err != nil {
					t.Errorf("%s: %s has a default, and is asked for: %v", function, v.Name, err)
				}
			case !errors.As(err, &wrong) || wrong.Variable != v.Name || !strings.Contains(err.Error(), v.Help):
				t.Errorf("%s without %s: %v", function, v.Name, err)
			}
		}
	}
}

func TestWhatIsWrongIsNotRepeated(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL_DYNAMODB": "MARKER", "AWS_ENDPOINT_URL_LAMBDA": "ftp://MARKER", "TACET_CONNECTIONS_URL": "https://MARKER:MARKER@x/v1",
		"TACET_FANOUT_THRESHOLD": "MARKER", "TACET_LOOPBACK_KEYS": "MARKER", "TACET_LOG_LEVEL": "MARKER", "TACET_MIN_GROUP": "17",
	} {
		env := enough()
		env[name] = value
		_, err := read("api", env)
		var wrong *config.Error
		if !errors.As(err, &wrong) || wrong.Variable != name || strings.Contains(err.Error(), "MARKER") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, threshold := range []string{"0", "-1", "1.5"} {
		env := enough()
		env["TACET_FANOUT_THRESHOLD"] = threshold
		if _, err := read("publish", env); err == nil {
			t.Errorf("a threshold of %s was taken", threshold)
		}
	}
}

func TestTheManualOfFunctionsIsWhole(t *testing.T) {
	seen := map[string]bool{}
	for field := range reflect.TypeFor[config.Function]().Fields() {
		name, help := field.Tag.Get("env"), field.Tag.Get("help")
		if name == "" || help == "" || seen[name] {
			t.Errorf("%s: variable %q, help %q", field.Name, name, help)
		}
		seen[name] = true
		if strings.HasPrefix(name, "TACET_") && field.Tag.Get("from") == "lambda" {
			t.Errorf("%s: Lambda does not know this name", name)
		}
		switch from := field.Tag.Get("from"); from {
		case "", "lambda", "machine":
		default:
			t.Errorf("%s: nobody knows who %q is", name, from)
		}
	}
}
