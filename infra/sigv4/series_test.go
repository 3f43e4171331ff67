package sigv4_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"pgregory.net/rapid"

	"tacet/infra/sigv4"
)

var at = time.Date(2026, 11, 28, 23, 59, 59, 0, time.UTC)

// bySDK returns what the SDK's signer says of a request that was sent as text.
func bySDK(t interface{ Fatal(...any) }, text []byte, c sigv4.Credentials, service, region string) (sent, want string) {
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse("https://" + r.Host + r.RequestURI)
	if err != nil {
		t.Fatal(err)
	}
	again := &http.Request{Method: r.Method, URL: u, Host: r.Host, Header: http.Header{}, ContentLength: int64(len(body))}
	if v := r.Header.Get("Content-Type"); v != "" {
		again.Header.Set("Content-Type", v)
	}
	hash := sha256.Sum256(body)
	credentials := aws.Credentials{AccessKeyID: c.ID, SecretAccessKey: c.Secret, SessionToken: c.Session}
	if err := v4.NewSigner().SignHTTP(context.Background(), credentials, again, hex.EncodeToString(hash[:]), service, region, signed); err != nil {
		t.Fatal(err)
	}
	if r.Header.Get("X-Amz-Security-Token") != c.Session {
		t.Fatal("the session's token is not sent")
	}
	return r.Header.Get("Authorization"), again.Header.Get("Authorization")
}

func TestASeriesIsSignedAsTheSDKSigns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := sigv4.Credentials{
			ID:      rapid.StringMatching(`[A-Z0-9]{1,20}`).Draw(t, "id"),
			Secret:  rapid.StringMatching(`[A-Za-z0-9/+]{1,60}`).Draw(t, "secret"),
			Session: rapid.StringMatching(`([A-Za-z0-9/+=]{1,200})?`).Draw(t, "session"),
		}
		alike := sigv4.Alike{
			Method:      rapid.SampledFrom([]string{"POST", "DELETE"}).Draw(t, "method"),
			Host:        rapid.SampledFrom([]string{"abc.execute-api.eu-west-1.amazonaws.com", "127.0.0.1:4711"}).Draw(t, "host"),
			Path:        rapid.SampledFrom([]string{"/prod/@connections/", "/@connections/", "/a%20b/@connections/"}).Draw(t, "path"),
			ContentType: rapid.SampledFrom([]string{"", "application/octet-stream"}).Draw(t, "type"),
		}
		if alike.Method == "POST" {
			alike.Body = rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "body")
		}
		series := sigv4.NewSigner(c, "execute-api", "eu-west-1").Series(alike, at)
		for range rapid.IntRange(1, 4).Draw(t, "how many") {
			if rapid.Bool().Draw(t, "another time") {
				series = series.At(at.Add(time.Duration(rapid.IntRange(0, 1000).Draw(t, "seconds")) * time.Second))
			}
			name := rapid.OneOf(rapid.StringMatching(`[A-Za-z0-9+/_-]{15}=`), rapid.StringN(1, 100, -1)).Draw(t, "name")
			text := series.Request(name)
			sent, want := bySDK(t, text, c, "execute-api", "eu-west-1")
			if sent != want {
				t.Fatalf("%q is signed with\n%s, the SDK signs with\n%s", text, sent, want)
			}
			if !bytes.HasSuffix(text, alike.Body) {
				t.Fatalf("the body is not at the end of %q", text)
			}
		}
	})
}

func TestARequestSaysWhoseItIs(t *testing.T) {
	series := sigv4.NewSigner(sigv4.Credentials{ID: "AK", Secret: "s"}, "execute-api", "eu-west-1").Series(
		sigv4.Alike{Method: "POST", Host: "h", Path: "/prod/@connections/", Body: []byte("{}")}, at)
	if got := string(series.Request("ab+/=")); !strings.HasPrefix(got, "POST /prod/@connections/ab%2B%2F%3D HTTP/1.1\r\ncontent-length: 2\r\nhost: h\r\n") {
		t.Errorf("got %q", got)
	}
}

func TestARequestAllocatesNothing(t *testing.T) {
	series := newSeries()
	if n := testing.AllocsPerRun(100, func() { series.Request(name) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSignIsTheSDKsOwn(t *testing.T) {
	c := sigv4.Credentials{ID: "AK", Secret: "secret", Session: "token"}
	body := `{"a":1}`
	r, err := http.NewRequest("POST", "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/arn%3Aaws%3Af/invocations", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if err := sigv4.NewSigner(c, "lambda", "eu-west-1").Sign(t.Context(), r, []byte(body), at); err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := r.Write(&text); err != nil {
		t.Fatal(err)
	}
	if sent, want := bySDK(t, text.Bytes(), c, "lambda", "eu-west-1"); sent != want {
		t.Errorf("got %s, want %s", sent, want)
	}
}

func TestCredentialsShowTheirIDAlone(t *testing.T) {
	c := sigv4.Credentials{ID: "AK", Secret: "SECRET", Session: "SECRET"}
	var log strings.Builder
	logger := slog.New(slog.NewJSONHandler(&log, nil))
	logger.Info("m", "c", c)
	logger.Info("m", "c", struct{ C sigv4.Credentials }{c})
	signer := sigv4.NewSigner(c, "lambda", "eu-west-1")
	if err := signer.Sign(t.Context(), httptest.NewRequest("POST", "/", nil), nil, at); err != nil {
		t.Error(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&log, verb, c)
		fmt.Fprintf(&log, verb, []any{c, &c, struct{ C sigv4.Credentials }{c}, struct{ s *sigv4.Signer }{signer}})
		fmt.Fprintf(&log, verb, signer)
	}
	if text := log.String(); strings.Contains(text, "SECRET") || strings.Contains(text, fmt.Sprintf("%x", "SECRET")) || !strings.Contains(text, "AK") {
		t.Errorf("printed: %s", text)
	}
}

const name = "QkFTRTY0VVICaaA="

func newSeries() *sigv4.Series {
	// Lambda's session tokens are that long.
	c := sigv4.Credentials{ID: "ASIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Session: strings.Repeat("token/", 180)}
	return sigv4.NewSigner(c, "execute-api", "eu-west-1").Series(sigv4.Alike{
		Method: "POST", Host: "abcdefghij.execute-api.eu-west-1.amazonaws.com", Path: "/prod/@connections/",
		ContentType: "application/octet-stream", Body: bytes.Repeat([]byte("x"), 1000),
	}, at)
}

// What signing costs by itself; what it is a part of, package poster measures.
func BenchmarkSign(b *testing.B) {
	b.Run("series", func(b *testing.B) {
		series := newSeries()
		b.ReportAllocs()
		for b.Loop() {
			series.Request(name)
		}
	})
	b.Run("SDK", func(b *testing.B) {
		c := sigv4.Credentials{ID: "ASIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", Session: strings.Repeat("token/", 180)}
		signer := sigv4.NewSigner(c, "execute-api", "eu-west-1")
		body := bytes.Repeat([]byte("x"), 1000)
		b.ReportAllocs()
		for b.Loop() {
			r, err := http.NewRequest("POST", "https://abcdefghij.execute-api.eu-west-1.amazonaws.com/prod/@connections/QkFTRTY0VVICaaA%3D", bytes.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/octet-stream")
			if err := signer.Sign(b.Context(), r, body, at); err != nil {
				b.Fatal(err)
			}
		}
	})
}
