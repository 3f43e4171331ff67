package apigw_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tacet/infra/apigw"
)

func TestDecodeResponseReadsWhatAppendJSONWrites(t *testing.T) {
	for _, r := range []apigw.Response{
		{StatusCode: 200},
		{StatusCode: 500, Body: []byte("a \"body\""), Headers: map[string]string{"A": "1", "B": "2"}, IsBase64Encoded: true},
	} {
		got, err := apigw.DecodeResponse(r.AppendJSON(nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(r, got); diff != "" {
			t.Error(diff)
		}
	}
}

// The struct of aws-lambda-go prints keys that ours leaves out.
func TestDecodeResponseTakesNulls(t *testing.T) {
	r, err := apigw.DecodeResponse([]byte(`{"statusCode":200,"headers":null,"multiValueHeaders":{"A":["1","2"]},"body":""}`))
	if err != nil || r.StatusCode != 200 || r.Headers["A"] != "2" || r.Body != nil {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestWhatHasNoNumericStatusIsNoResponse(t *testing.T) {
	for _, in := range []string{``, `null`, `[]`, `"SECRET"`, `{}`, `{"statusCode":null}`, `{"statusCode":"200"}`, `{"statusCode":200.5}`, `{"statusCode":200,"body":{}}`} {
		_, err := apigw.DecodeResponse([]byte(in))
		if !errors.Is(err, apigw.ErrNotResponse) {
			t.Errorf("%s: %v", in, err)
		} else if strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%v", err)
		}
	}
}
