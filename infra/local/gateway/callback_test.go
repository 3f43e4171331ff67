package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi"
	"github.com/aws/aws-sdk-go-v2/service/apigatewaymanagementapi/types"
	"github.com/aws/smithy-go"
	"github.com/coder/websocket"

	"tacet/infra/apigw"
	"tacet/infra/local/gateway"
)

// gone is a well-formed id of no connection.
const gone = "AAAAAAAAAAACAAA="

// connect dials and returns the id of the connection, too. The gateway must
// not have a $connect route yet.
func connected(t *testing.T, o gateway.Options, dial *websocket.DialOptions) (*api, *client, string) {
	t.Helper()
	id := make(chan string, 1)
	o.Opened = func(_ context.Context, s string) {
		select {
		case id <- s:
		default:
		}
	}
	a := serve(t, o)
	c := a.dialWith("/prod", dial)
	return a, c, within(t, id)
}

// T-MG-01.
func TestPostGetAndDeleteOfAnOpenConnection(t *testing.T) {
	var clock clock
	agent := &websocket.DialOptions{HTTPHeader: http.Header{"User-Agent": {"test/1"}}}
	a, c, id := connected(t, gateway.Options{Now: clock.now}, agent)

	response, body := a.request("POST", "/prod/@connections/"+id, "hello")
	if response.StatusCode != 200 || body != "" {
		t.Errorf("POST: %d %q", response.StatusCode, body)
	}
	c.expect("hello")

	response, body = a.request("GET", "/prod/@connections/"+id, "")
	var got struct {
		ConnectedAt, LastActiveAt string
		Identity                  struct{ SourceIP, UserAgent string }
	}
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("GET: %d %q", response.StatusCode, body)
	}
	if got.ConnectedAt != "2026-11-23T10:00:00.000Z" || got.Identity.SourceIP != "127.0.0.1" || got.Identity.UserAgent != "test/1" {
		t.Errorf("GET: %s", body)
	}
	if at, err := time.Parse("2006-01-02T15:04:05.000Z", got.LastActiveAt); err != nil || at.IsZero() {
		t.Errorf("lastActiveAt: %q", got.LastActiveAt)
	}

	if response, body = a.request("DELETE", "/prod/@connections/"+id, ""); response.StatusCode != 204 || body != "" {
		t.Errorf("DELETE: %d %q", response.StatusCode, body)
	}
	c.closed(websocket.StatusNormalClosure)
}

func TestUserAgentIsNullIfTheClientSentNone(t *testing.T) {
	a, _, id := connected(t, gateway.Options{}, &websocket.DialOptions{HTTPHeader: http.Header{"User-Agent": nil}})
	if _, body := a.request("GET", "/prod/@connections/"+id, ""); !strings.Contains(body, `"userAgent":null`) {
		t.Errorf("GET: %s", body)
	}
}

func TestPostMovesLastActiveAt(t *testing.T) {
	a, _, id := connected(t, gateway.Options{}, nil)
	last := func() string {
		_, body := a.request("GET", "/prod/@connections/"+id, "")
		var got struct{ LastActiveAt string }
		json.Unmarshal([]byte(body), &got)
		return got.LastActiveAt
	}
	before := last()
	eventually(t, "lastActiveAt moves", func() bool {
		a.request("POST", "/prod/@connections/"+id, "x")
		return last() > before
	})
}

// T-MG-02.
func TestGoneHasAnEmptyBodyAndItsNameInAHeader(t *testing.T) {
	a := serve(t, gateway.Options{})
	for _, method := range []string{"POST", "GET", "DELETE"} {
		response, body := a.request(method, "/prod/@connections/"+gone, "x")
		if response.StatusCode != 410 || body != "" || response.Header.Get("x-amzn-ErrorType") != "GoneException" {
			t.Errorf("%s: %d %q %q", method, response.StatusCode, body, response.Header.Get("x-amzn-ErrorType"))
		}
	}
}

func TestDeletedConnectionIsGone(t *testing.T) {
	a, c, id := connected(t, gateway.Options{}, nil)
	a.request("DELETE", "/prod/@connections/"+id, "")
	c.closed(websocket.StatusNormalClosure)
	eventually(t, "DELETE answers 410", func() bool {
		response, _ := a.request("DELETE", "/prod/@connections/"+id, "")
		return response.StatusCode == 410
	})
}

// T-MG-03, and later evidence 9 for the text.
func TestMalformedIDIs400(t *testing.T) {
	a := serve(t, gateway.Options{})
	for _, id := range []string{"x", "AAAAAAAAAAACAAAA", "AAAAAAAAAAAC", "AAAAAAAAAAA+AAA=", "AAAAAAAAAAACAAA%3D%3D", "a.b", "b0a1c2d3-0000-4000-8000-000000000000"} {
		response, body := a.request("POST", "/prod/@connections/"+id, "x")
		plain, _ := url.PathUnescape(id)
		if response.StatusCode != 400 || response.Header.Get("x-amzn-ErrorType") != "BadRequestException" ||
			strings.TrimSpace(body) != `{"message":"Invalid connectionId: `+plain+`"}` {
			t.Errorf("%s: %d %s", id, response.StatusCode, body)
		}
	}
}

// T-MG-04.
func TestPostOf131072BytesIsTheLargest(t *testing.T) {
	a, c, id := connected(t, gateway.Options{}, nil)
	text := strings.Repeat("x", 131072)
	if response, _ := a.request("POST", "/prod/@connections/"+id, text); response.StatusCode != 200 {
		t.Errorf("131072: %d", response.StatusCode)
	}
	c.expect(text)
	response, body := a.request("POST", "/prod/@connections/"+id, text+"x")
	var said map[string]string
	json.Unmarshal([]byte(body), &said)
	if response.StatusCode != 413 || response.Header.Get("x-amzn-ErrorType") != "PayloadTooLargeException" || said["message"] == "" {
		t.Errorf("131073: %d %s", response.StatusCode, body)
	}
}

// §5.3, the default for what is not known.
func TestEmptyPostIsAnEmptyFramePolicy(t *testing.T) {
	a, c, id := connected(t, gateway.Options{}, nil)
	if response, _ := a.request("POST", "/prod/@connections/"+id, ""); response.StatusCode != 200 {
		t.Errorf("status %d", response.StatusCode)
	}
	c.expect("")
}

func TestPostOfWhatIsNotUTF8Is400Policy(t *testing.T) {
	a, c, id := connected(t, gateway.Options{}, nil)
	if response, _ := a.request("POST", "/prod/@connections/"+id, "\xff"); response.StatusCode != 400 {
		t.Errorf("status %d", response.StatusCode)
	}
	a.request("POST", "/prod/@connections/"+id, "still open")
	c.expect("still open")
}

// T-MG-05.
func TestIDsAreUnescapedExactlyOnce(t *testing.T) {
	ids := make(chan string, 1)
	a := serve(t, gateway.Options{Opened: func(_ context.Context, id string) { ids <- id }})
	var c *client
	var id string
	for !strings.Contains(id, "-") && !strings.Contains(id, "_") { // one that is hard to escape
		c = a.dial()
		id = within(t, ids)
	}
	for i, path := range []string{
		"/prod/@connections/" + id, "/prod/%40connections/" + id,
		"/prod/@connections/" + url.QueryEscape(id), "/prod/%40connections/" + strings.ReplaceAll(id, "=", "%3d"),
	} {
		if response, _ := a.request("POST", path, strconv.Itoa(i)); response.StatusCode != 200 {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
		c.expect(strconv.Itoa(i))
	}
	if response, _ := a.request("POST", "/prod/@connections/"+strings.ReplaceAll(id, "=", "%253D"), "x"); response.StatusCode != 400 {
		t.Errorf("escaped twice: %d", response.StatusCode)
	}
}

// T-MG-06, later evidence 9.
func TestCallbackToAnotherStageIs403(t *testing.T) {
	a, _, id := connected(t, gateway.Options{}, nil)
	for _, path := range []string{"/other/@connections/" + id, "/@connections/" + id, "/prod/connections/" + id, "/prod/@connections"} {
		response, body := a.request("POST", path, "x")
		if response.StatusCode != 403 || strings.TrimSpace(body) != `{"message":"Forbidden"}` {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
	if response, _ := a.request("PUT", "/prod/@connections/"+id, "x"); response.StatusCode != 403 {
		t.Errorf("PUT: %d", response.StatusCode)
	}
}

// T-MG-12.
func TestCustomDomainHasItsBasePathInsteadOfTheStage(t *testing.T) {
	for _, base := range []string{"/", "/chat", "/chat/v1/"} {
		prefix := strings.TrimSuffix(base, "/")
		a, _, id := connected(t, gateway.Options{BasePath: base}, nil)
		for path, want := range map[string]int{
			prefix + "/@connections/" + id:       200,
			"/prod/@connections/" + id:           200,
			prefix + "/prod2/@connections/" + id: 403,
		} {
			if response, _ := a.request("POST", path, "x"); response.StatusCode != want {
				t.Errorf("base path %s: %s: %d, want %d", base, path, response.StatusCode, want)
			}
		}
		a.dialWith(prefix+"/?t=1", nil)
	}
}

// T-MG-08, T-OD-02.
func TestDeleteIs1000ForTheClientAndForDisconnect(t *testing.T) {
	disconnects := newRecorder(nil)
	a, c, id := connected(t, gateway.Options{Routes: map[string]gateway.Route{"$disconnect": oneWay(disconnects)}}, nil)
	a.request("DELETE", "/prod/@connections/"+id, "")
	c.closed(websocket.StatusNormalClosure)
	if e := disconnects.next(t); e.DisconnectCode != 1000 || e.DisconnectReason != "Connection Closed Normally" {
		t.Errorf("%d %q", e.DisconnectCode, e.DisconnectReason)
	}
}

// T-MG-09.
func TestSlowReaderGets429AndOthersDoNotNotice(t *testing.T) {
	ids := make(chan string, 2)
	a := serve(t, gateway.Options{Backlog: 256 << 10, Opened: func(_ context.Context, id string) { ids <- id }})
	a.dial() // and never reads
	slow := within(t, ids)
	reader := a.dial()
	quick := within(t, ids)
	text := strings.Repeat("x", 64<<10)
	eventually(t, "429", func() bool {
		response, body := a.request("POST", "/prod/@connections/"+slow, text)
		if response.StatusCode == 429 {
			if response.Header.Get("x-amzn-ErrorType") != "LimitExceededException" || !strings.Contains(body, "message") {
				t.Errorf("429: %s", body)
			}
			return true
		}
		return false
	})
	if response, _ := a.request("POST", "/prod/@connections/"+quick, "hello"); response.StatusCode != 200 {
		t.Errorf("the other: %d", response.StatusCode)
	}
	reader.expect("hello")
}

// T-MG-10.
func TestPostsOneAfterTheOtherArriveInOrder(t *testing.T) {
	a, c, id := connected(t, gateway.Options{}, nil)
	const n = 200
	for i := range n {
		a.request("POST", "/prod/@connections/"+id, strconv.Itoa(i))
	}
	for i := range n {
		c.expect(strconv.Itoa(i))
	}
}

// T-MG-11: as API Gateway does it, a post does not wait for the route response.
func TestPostFromInsideAHandlerArrivesBeforeItsResponse(t *testing.T) {
	var a *api
	posted := gateway.Func(func(_ context.Context, e *apigw.Event) (apigw.Response, error) {
		response, _ := a.request("POST", "/prod/@connections/"+e.ConnectionID, "posted")
		return apigw.Response{StatusCode: 200, Body: []byte(strconv.Itoa(response.StatusCode))}, nil
	})
	both(t, func(t *testing.T, as func(gateway.Handler) gateway.Handler) {
		a = serve(t, gateway.Options{Routes: map[string]gateway.Route{"$default": twoWay(as(posted))}})
		c := a.dial()
		c.send("x")
		c.expect("posted")
		c.expect("200")
	})
}

// sdk is the AWS SDK's client of the management API.
func sdk(a *api, credentials gateway.Credentials, base string, region string) *apigatewaymanagementapi.Client {
	return apigatewaymanagementapi.New(apigatewaymanagementapi.Options{
		BaseEndpoint: aws.String(a.http + base), Region: region, RetryMaxAttempts: 1,
		Credentials: credentials,
	})
}

var key = gateway.Credentials{ID: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI"}

func post(c *apigatewaymanagementapi.Client, id, data string) error {
	_, err := c.PostToConnection(context.Background(), &apigatewaymanagementapi.PostToConnectionInput{ConnectionId: &id, Data: []byte(data)})
	return err
}

// T-MG-01, T-MG-02, T-MG-03, T-MG-04, T-MG-06, T-MG-07 with the client that
// real programs use.
func TestSDKClient(t *testing.T) {
	for name, credentials := range map[string]gateway.Credentials{
		"long-lived": key, "session": {ID: "ASIAEXAMPLE", Secret: "secret", Session: "a+token/with=signs"},
	} {
		t.Run(name, func(t *testing.T) {
			a, c, id := connected(t, gateway.Options{Credentials: &credentials, Region: "eu-central-1"}, nil)
			client := sdk(a, credentials, "/prod", "eu-central-1")
			ctx := t.Context()

			for _, text := range []string{"hello", "", strings.Repeat("é", 65536)} {
				if err := post(client, id, text); err != nil {
					t.Fatalf("post: %v", err)
				}
				c.expect(text)
			}
			got, err := client.GetConnection(ctx, &apigatewaymanagementapi.GetConnectionInput{ConnectionId: &id})
			if err != nil || got.ConnectedAt == nil || got.LastActiveAt == nil || aws.ToString(got.Identity.SourceIp) != "127.0.0.1" {
				t.Errorf("get: %+v, %v", got, err)
			}

			var goneError *types.GoneException
			if err := post(client, gone, "x"); !errors.As(err, &goneError) {
				t.Errorf("gone: %v", err)
			}
			var tooLarge *types.PayloadTooLargeException
			if err := post(client, id, strings.Repeat("x", 131073)); !errors.As(err, &tooLarge) {
				t.Errorf("too large: %v", err)
			}
			var code smithy.APIError
			if err := post(client, "malformed", "x"); !errors.As(err, &code) || code.ErrorCode() != "BadRequestException" {
				t.Errorf("malformed: %v", err)
			}
			var forbidden *types.ForbiddenException
			if err := post(sdk(a, credentials, "/other", "eu-central-1"), id, "x"); !errors.As(err, &forbidden) {
				t.Errorf("another stage: %v", err)
			}

			if _, err := client.DeleteConnection(ctx, &apigatewaymanagementapi.DeleteConnectionInput{ConnectionId: &id}); err != nil {
				t.Errorf("delete: %v", err)
			}
			c.closed(websocket.StatusNormalClosure)
		})
	}
}

func TestSDKClientSeesThrottling(t *testing.T) {
	var clock clock
	a := serve(t, gateway.Options{RequestRate: gateway.Throttle{Rate: 1}, Now: clock.now})
	client := sdk(a, key, "/prod", "us-east-1")
	post(client, gone, "x")
	var limit *types.LimitExceededException
	if err := post(client, gone, "x"); !errors.As(err, &limit) {
		t.Errorf("throttled: %v", err)
	}
}

// T-MG-07.
func TestRequestThatIsNotSignedAsRequiredIs403(t *testing.T) {
	credentials := key
	a, c, id := connected(t, gateway.Options{Credentials: &credentials}, nil)
	if response, _ := a.request("POST", "/prod/@connections/"+id, "x"); response.StatusCode != 403 || response.Header.Get("x-amzn-ErrorType") != "ForbiddenException" {
		t.Errorf("unsigned: %d", response.StatusCode)
	}
	for name, wrong := range map[string]struct {
		credentials gateway.Credentials
		region      string
	}{
		"secret":  {gateway.Credentials{ID: key.ID, Secret: "other"}, "us-east-1"},
		"key id":  {gateway.Credentials{ID: "OTHER", Secret: key.Secret}, "us-east-1"},
		"session": {gateway.Credentials{ID: key.ID, Secret: key.Secret, Session: "t"}, "us-east-1"},
		"region":  {key, "eu-west-1"},
	} {
		var forbidden *types.ForbiddenException
		if err := post(sdk(a, wrong.credentials, "/prod", wrong.region), id, "x"); !errors.As(err, &forbidden) {
			t.Errorf("wrong %s: %v", name, err)
		}
	}
	if err := post(sdk(a, key, "/prod", "us-east-1"), id, "right"); err != nil {
		t.Errorf("right: %v", err)
	}
	c.expect("right")
}

// Extension: a close code of one's own.
func TestDisconnectHasACodeAndAReasonOfItsOwn(t *testing.T) {
	disconnects := newRecorder(nil)
	a, c, id := connected(t, gateway.Options{Routes: map[string]gateway.Route{"$disconnect": oneWay(disconnects)}}, nil)
	if err := a.Disconnect(id, 4003, "not today"); err != nil {
		t.Fatal(err)
	}
	if e := c.closed(4003); e.Reason != "not today" {
		t.Errorf("reason %q", e.Reason)
	}
	if e := disconnects.next(t); e.DisconnectCode != 4003 || e.DisconnectReason != "not today" {
		t.Errorf("%d %q", e.DisconnectCode, e.DisconnectReason)
	}
	eventually(t, "gone", func() bool { return errors.Is(a.Disconnect(id, 4003, ""), gateway.ErrGone) })
	if err := a.Disconnect("malformed", 4003, ""); !errors.Is(err, gateway.ErrGone) {
		t.Errorf("malformed: %v", err)
	}
}

// A goodbye that is posted before the close arrives: API Gateway has no other
// way to say why.
func TestWhatWasPostedBeforeTheCloseArrives(t *testing.T) {
	a, c, id := connected(t, gateway.Options{}, nil)
	a.Post(t.Context(), []string{id}, []byte("goodbye"), false)
	a.Disconnect(id, 4000, "")
	c.expect("goodbye")
	c.closed(4000)
}

func TestPostToMany(t *testing.T) {
	ids := make(chan string, 8)
	a := serve(t, gateway.Options{Opened: func(_ context.Context, id string) { ids <- id }})
	var clients []*client
	var all []string
	for range 3 {
		clients = append(clients, a.dial())
		all = append(all, within(t, ids))
	}
	p := a.Post(t.Context(), append(all, gone, "malformed"), []byte("to all"), false)
	if p.Delivered != 3 || len(p.Gone) != 2 || p.Gone[0] != gone || p.Gone[1] != "malformed" || len(p.Failed) != 0 {
		t.Errorf("%+v", p)
	}
	for _, c := range clients {
		c.expect("to all")
	}
	if p := a.Post(t.Context(), nil, []byte("to none"), false); p.Delivered != 0 || p.Gone != nil || p.Failed != nil {
		t.Errorf("%+v", p)
	}
	a.Post(t.Context(), all, []byte("binary"), true)
	kind, text, err := clients[0].Read(t.Context())
	if err != nil || kind != websocket.MessageBinary || string(text) != "binary" {
		t.Errorf("%v %q %v", kind, text, err)
	}
}

func TestSlowReceiverOfAPostFailsAndIsInvitedBack(t *testing.T) {
	ids := make(chan string, 2)
	disconnects := newRecorder(nil)
	a := serve(t, gateway.Options{
		Backlog: 256 << 10, SlowClose: gateway.CloseCode{Code: 4008, Reason: "too slow, come back"},
		Routes: map[string]gateway.Route{"$disconnect": oneWay(disconnects)}, Opened: func(_ context.Context, id string) { ids <- id },
	})
	a.dial() // and never reads
	slow := within(t, ids)
	reader := a.dial()
	quick := within(t, ids)
	read := make(chan int, 1)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	go func() {
		n := 0
		for ; ; n++ {
			if _, text, err := reader.Read(ctx); err != nil || string(text) == "end" {
				break
			}
		}
		read <- n
	}()
	text := []byte(strings.Repeat("x", 32<<10))
	sent := 0
	eventually(t, "the slow one fails", func() bool {
		p := a.Post(t.Context(), []string{slow, quick}, text, false)
		for len(p.Failed) > 0 && p.Failed[0] == quick {
			t.Fatal("the quick one failed")
		}
		sent++
		return len(p.Failed) == 1 && p.Failed[0] == slow
	})
	if e := disconnects.next(t); e.ConnectionID != slow || e.DisconnectCode != 4008 {
		t.Errorf("%v with %d", e, e.DisconnectCode)
	}
	a.Post(t.Context(), []string{quick}, []byte("end"), false)
	if n := within(t, read); n != sent {
		t.Errorf("the quick one got %d of %d", n, sent)
	}
}
