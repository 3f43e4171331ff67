package config_test

import (
	"strings"
	"testing"

	"tacet/infra/config"
)

func TestWrongUseOfTheShapeOnAWSSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		aws  config.AWS
		to   config.Standalone
		want string
	}{
		{config.AWS{Template: "t.yaml"}, config.Standalone{}, "say --aws"},
		{config.AWS{Functions: "d"}, config.Standalone{}, "say --aws"},
		{config.AWS{DynamoDB: "d"}, config.Standalone{}, "say --aws"},
		{config.AWS{AWS: true}, config.Standalone{Domain: "example.org"}, "--tls-cert"},
		{config.AWS{AWS: true, DynamoDB: "ftp://x"}, config.Standalone{}, "http://127.0.0.1:8000"},
		{config.AWS{AWS: true, DynamoDB: "http://"}, config.Standalone{}, "http://127.0.0.1:8000"},
	} {
		if err := c.aws.Validate(&c.to); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: got %v, want %q in it", c.aws, err, c.want)
		}
	}
	for _, a := range []config.AWS{
		{}, {AWS: true}, {AWS: true, DynamoDB: ".build/dynamodb"}, {AWS: true, DynamoDB: "http://127.0.0.1:8000", Template: "t.yaml", Functions: "d"},
	} {
		if err := a.Validate(&config.Standalone{}); err != nil {
			t.Errorf("%+v: %v", a, err)
		}
	}
}
