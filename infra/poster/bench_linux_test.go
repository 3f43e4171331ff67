package poster_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"golang.org/x/sys/unix"

	"tacet/core/wire"
	"tacet/infra/poster"
	"tacet/infra/sigv4"
)

// The endpoint of the benchmark is a process of its own, so that what getrusage
// says of this one is what the clients cost.
const (
	envEndpoint = "TACET_BENCH_ENDPOINT" // "http" or "https": be the endpoint
	parallel    = 32                     // requests at once
	perTurn     = 4000                   // frames that each client posts before the next has its turn
	frameSize   = 512
)

func TestMain(m *testing.M) {
	if scheme := os.Getenv(envEndpoint); scheme != "" {
		beEndpoint(scheme)
	}
	os.Exit(m.Run())
}

// BenchmarkFanout posts one frame to many connections with each of several
// clients in turn, and reports what it costs this process in CPU time: over TLS
// with the long session token that functions have, as on Lambda, and without
// either, as on one machine.
func BenchmarkFanout(b *testing.B) {
	for _, scheme := range []string{"https", "http"} {
		b.Run(scheme, func(b *testing.B) { benchmarkFanout(b, startEndpoint(b, scheme)) })
	}
}

func benchmarkFanout(b *testing.B, at *endpoint) {
	ids := make([]wire.ConnID, perTurn)
	for i := range ids {
		ids[i] = wire.ConnID(fmt.Sprintf("QkFTRTY%08d=", i))
	}
	frame := bytes.Repeat([]byte("x"), frameSize)
	clients := []struct {
		name string
		post func([]wire.ConnID, []byte) error
	}{
		{"stock", at.stock()},
		{"net-http", at.netHTTP(at.signBySDK())},
		{"net-http-series", at.netHTTP(at.signBySeries(frame))},
		{"poster", at.poster()},
		{"raw", at.raw(b)},
	}
	cpu := map[string]time.Duration{}
	for _, c := range clients { // connections are made, keys derived
		if err := c.post(ids[:parallel*4], frame); err != nil {
			b.Fatalf("%s: %v", c.name, err)
		}
	}
	for b.Loop() {
		for _, c := range clients {
			before := cpuTime(b)
			if err := c.post(ids, frame); err != nil {
				b.Fatalf("%s: %v", c.name, err)
			}
			cpu[c.name] += cpuTime(b) - before
		}
	}
	b.ReportMetric(0, "ns/op")
	for _, c := range clients {
		b.ReportMetric(cpu[c.name].Seconds()*1e6/float64(b.N*perTurn), c.name+"-µs/frame")
	}
	ratio := func(a, b string) float64 { return float64(cpu[a]) / float64(cpu[b]) }
	b.ReportMetric(ratio("stock", "poster"), "stock/poster")
	b.ReportMetric(ratio("poster", "raw"), "poster/raw")
}

func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// inParallel calls f for each id, with as many at once as all clients have.
func inParallel(ids []wire.ConnID, f func(worker int, id wire.ConnID) error) error {
	var next atomic.Int64
	errs := make(chan error, parallel)
	var workers sync.WaitGroup
	for worker := range parallel {
		workers.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(ids)); i = next.Add(1) - 1 {
				if err := f(worker, ids[i]); err != nil {
					errs <- err
					return
				}
			}
		})
	}
	workers.Wait()
	select {
	case err := <-errs:
		return err
	default:
		return nil
	}
}

// endpoint is the other process.
type endpoint struct {
	url, host string
	tls       *tls.Config // nil for http
	sigv4.Credentials
}

// stock is the SDK's client, with a transport that keeps its connections.
func (e *endpoint) stock() func([]wire.ConnID, []byte) error {
	client := apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String(e.url + "/prod"),
		Credentials: e.Credentials,
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost, t.TLSClientConfig, t.ForceAttemptHTTP2 = parallel, e.tls, false
		}),
	})
	return func(ids []wire.ConnID, frame []byte) error {
		return inParallel(ids, func(_ int, id wire.ConnID) error {
			_, err := client.PostToConnection(context.Background(), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: aws.String(string(id)), Data: frame})
			return err
		})
	}
}

// netHTTP is net/http with a signer.
func (e *endpoint) netHTTP(sign func(worker int, r *http.Request, id wire.ConnID, frame []byte) error) func([]wire.ConnID, []byte) error {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: parallel, TLSClientConfig: e.tls}}
	return func(ids []wire.ConnID, frame []byte) error {
		return inParallel(ids, func(worker int, id wire.ConnID) error {
			r, err := http.NewRequest(http.MethodPost, e.url+"/prod/@connections/"+url.PathEscape(string(id)), bytes.NewReader(frame))
			if err != nil {
				return err
			}
			r.Header.Set("Content-Type", "application/octet-stream")
			if err := sign(worker, r, id, frame); err != nil {
				return err
			}
			response, err := client.Do(r)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != 200 {
				return fmt.Errorf("status %d: %w", response.StatusCode, err)
			}
			return nil
		})
	}
}

func (e *endpoint) signBySDK() func(int, *http.Request, wire.ConnID, []byte) error {
	signer := sigv4.NewSigner(e.Credentials, "execute-api", "eu-west-1")
	return func(_ int, r *http.Request, _ wire.ConnID, frame []byte) error {
		return signer.Sign(context.Background(), r, frame, time.Now())
	}
}

// signBySeries makes a whole request only to take its signature: the cheapest
// that net/http could be had for.
func (e *endpoint) signBySeries(frame []byte) func(int, *http.Request, wire.ConnID, []byte) error {
	now := time.Now().UTC()
	all := sigv4.NewSigner(e.Credentials, "execute-api", "eu-west-1").Series(sigv4.Alike{
		Method: "POST", Host: e.host, Path: "/prod/@connections/", ContentType: "application/octet-stream", Body: frame,
	}, now)
	var series [parallel]*sigv4.Series
	for i := range series {
		series[i] = all.At(now)
	}
	date := []string{now.Format("20060102T150405Z")}
	return func(worker int, r *http.Request, id wire.ConnID, _ []byte) error {
		_, after, _ := bytes.Cut(series[worker].Request(string(id)), []byte("authorization: "))
		authorization, _, _ := bytes.Cut(after, []byte("\r\n"))
		r.Header["Authorization"], r.Header["X-Amz-Date"] = []string{string(authorization)}, date
		if e.Session != "" {
			r.Header.Set("X-Amz-Security-Token", e.Session)
		}
		return nil
	}
}

func (e *endpoint) poster() func([]wire.ConnID, []byte) error {
	p := poster.New(poster.Options{Endpoint: e.url + "/prod", Region: "eu-west-1", Credentials: e.Credentials, Connections: parallel, TLS: e.tls})
	return func(ids []wire.ConnID, frame []byte) error {
		if posted := p.Post(context.Background(), ids, wire.Frame{JSON: frame}); posted.Delivered != len(ids) {
			return fmt.Errorf("%d of %d delivered", posted.Delivered, len(ids))
		}
		return nil
	}
}

// raw writes the same bytes again and again and looks for the end of a head.
func (e *endpoint) raw(b *testing.B) func([]wire.ConnID, []byte) error {
	type connection struct {
		net.Conn
		in      *bufio.Reader
		request []byte
	}
	var connections [parallel]connection
	for i := range connections {
		c, err := net.Dial("tcp", e.host)
		if err != nil {
			b.Fatal(err)
		}
		if e.tls != nil {
			c = tls.Client(c, e.tls)
		}
		b.Cleanup(func() { c.Close() })
		connections[i] = connection{c, bufio.NewReader(c), nil}
	}
	return func(ids []wire.ConnID, frame []byte) error {
		if connections[0].request == nil {
			series := sigv4.NewSigner(e.Credentials, "execute-api", "eu-west-1").Series(sigv4.Alike{
				Method: "POST", Host: e.host, Path: "/prod/@connections/", ContentType: "application/octet-stream", Body: frame,
			}, time.Now())
			for i := range connections {
				connections[i].request = bytes.Clone(series.Request(string(ids[0])))
			}
		}
		return inParallel(ids, func(worker int, _ wire.ConnID) error {
			c := connections[worker]
			if _, err := c.Write(c.request); err != nil {
				return err
			}
			for {
				line, err := c.in.ReadSlice('\n')
				if err != nil || len(line) == 2 {
					return err
				}
			}
		})
	}
}

// startEndpoint starts this program again, as the endpoint.
func startEndpoint(b *testing.B, scheme string) *endpoint {
	b.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), envEndpoint+"="+scheme)
	command.Stderr = os.Stderr
	in, err := command.StdinPipe() // its end is the child's
	if err != nil {
		b.Fatal(err)
	}
	out, err := command.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := command.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); command.Wait() })
	lines := bufio.NewReader(out)
	address, err := lines.ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	e := &endpoint{host: strings.TrimSpace(address), Credentials: sigv4.Credentials{ID: "ASIAIOSFODNN7EXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}}
	e.url = scheme + "://" + e.host
	if scheme == "https" {
		e.Session = strings.Repeat("token/", 150)
		certificate, err := io.ReadAll(lines)
		if err != nil {
			b.Fatal(err)
		}
		e.tls = &tls.Config{RootCAs: x509.NewCertPool(), ServerName: "127.0.0.1", ClientSessionCache: tls.NewLRUClientSessionCache(1)}
		e.tls.RootCAs.AppendCertsFromPEM(certificate)
	}
	return e
}

// beEndpoint takes requests, without looking at more of them than their length,
// until the standard input ends.
func beEndpoint(scheme string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	fmt.Println(listener.Addr())
	if scheme == "https" {
		certificate, text := selfSigned()
		os.Stdout.Write(text)
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}})
	}
	os.Stdout.Close()
	go func() {
		io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	for {
		c, err := listener.Accept()
		must(err)
		go takeRequests(c)
	}
}

// okay is what API Gateway answers, headers included.
const okay = "HTTP/1.1 200 OK\r\nDate: Sat, 28 Nov 2026 08:00:00 GMT\r\nContent-Length: 0\r\nConnection: keep-alive\r\n" +
	"x-amzn-RequestId: 2e5b1f0a-7c7e-4c8e-8d3f-0a1b2c3d4e5f\r\nx-amz-apigw-id: UGMCBGzCIAMEb7A=\r\n\r\n"

func takeRequests(c net.Conn) {
	defer c.Close()
	for in := bufio.NewReaderSize(c, 64<<10); ; {
		length := 0
		for {
			line, err := in.ReadSlice('\n')
			if err != nil {
				return
			}
			if len(line) == 2 {
				break
			}
			if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("content-length")) {
				length, err = strconv.Atoi(string(bytes.TrimSpace(value)))
				must(err)
			}
		}
		if _, err := in.Discard(length); err != nil {
			return
		}
		if _, err := io.WriteString(c, okay); err != nil {
			return
		}
	}
}

func selfSigned() (tls.Certificate, []byte) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	must(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
