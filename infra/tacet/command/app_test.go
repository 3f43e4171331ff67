package command_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/infra/dynamo"
	"tacet/infra/dynamo/dynamotest"
	"tacet/infra/local/kms"
	"tacet/infra/tacet/command"
	"tacet/infra/vault"
)

// masterKey is what data keys are wrapped with.
const masterKey = "arn:aws:kms:eu-central-1:000000000000:key/one"

// keys starts a KMS for the test.
func keys(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(kms.New([kms.SecretSize]byte{1}))
	t.Cleanup(server.Close)
	return server.URL
}

// create runs `tacet stack app` against tables of DynamoDB Local.
func create(t *testing.T, endpoint, kms, table, vault, data string, more ...string) (status int, out, said string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	args := append([]string{
		"tacet", "stack", "app", "--dynamodb", endpoint, "--kms", kms, "--table", table, "--vault-table", vault, "--key", masterKey, "--data", data,
		"--websocket", "wss://a.example.org/live", "--http", "https://b.example.org",
	}, more...)
	status = command.Main(args, strings.NewReader(""), &stdout, &stderr)
	return status, stdout.String(), stderr.String()
}

// as makes the test somebody with AWS credentials, and with no others that the
// machine may have.
func as(t *testing.T, id, region string) {
	none := filepath.Join(t.TempDir(), "none")
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": id, "AWS_SECRET_ACCESS_KEY": id, "AWS_SESSION_TOKEN": "", "AWS_REGION": region, "AWS_DEFAULT_REGION": "",
		"AWS_PROFILE": "", "AWS_CONFIG_FILE": none, "AWS_SHARED_CREDENTIALS_FILE": none,
	} {
		t.Setenv(name, value)
	}
}

func TestAFirstApplicationCanBeMadeAgainAndAgain(t *testing.T) {
	local, err := dynamotest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(local.Stop)
	names, kms := local.Create(t), keys(t)
	table := names["directory"]
	as(t, dynamotest.Credentials.ID, dynamotest.Region)
	data := filepath.Join(t.TempDir(), "keys")

	var first, again struct {
		WebSocket string `json:"websocket"`
		App       app.ID `json:"app"`
		Key       struct {
			Secret string `json:"secret"`
		} `json:"client_key"`
		Token string `json:"client_token"`
	}
	status, out, said := create(t, local.Endpoint, kms, table, names["vault"], data, "--json")
	if status != 0 || json.Unmarshal([]byte(out), &first) != nil || first.WebSocket != "wss://a.example.org/live?app="+string(first.App) {
		t.Fatalf("exit status %d: %s %s", status, out, said)
	}

	// What its owner changes meanwhile stays.
	client := dynamo.NewClient(dynamo.Options{Region: dynamotest.Region, Endpoint: local.Endpoint, Credentials: dynamotest.Credentials})
	directory := dynamo.NewDirectory(client, table, time.Now)
	safe := vault.Options{
		Directory: dynamo.NewDirectory(client, names["vault"], time.Now), Now: time.Now,
		Master: vault.NewKMS(vault.KMSOptions{Region: dynamotest.Region, Endpoint: kms, Credentials: dynamotest.Credentials, Keys: []string{masterKey}}),
	}
	reader := &app.Reader{Directory: directory, Vault: vault.New(safe), Remember: time.Nanosecond, Now: time.Now}
	read := func() *app.App {
		t.Helper()
		x, err := reader.App(t.Context(), first.App)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	accounts := &account.Service{
		Directory: directory, Vault: vault.New(safe), Deployment: vault.NewDeployment(safe), Now: time.Now, Random: func(b []byte) { rand.Read(b) },
	}
	owner := ownerOf(t, accounts, read().Account)
	_, err = owner.UpdateApp(t.Context(), string(first.App), account.AppUpdate{Settings: &app.Settings{Violations: app.ViolationsError}}, account.AnyVersion)
	if err != nil {
		t.Fatal(err)
	}

	status, out, said = create(t, local.Endpoint, kms, table, names["vault"], data, "--json", "--plan", "business", "--owner", "owner@example.org")
	if status != 0 || json.Unmarshal([]byte(out), &again) != nil || again.App != first.App {
		t.Errorf("exit status %d: %s %s", status, out, said)
	}
	x := read()
	if x.Plan != plan.Business || x.Settings.Violations != app.ViolationsError {
		t.Errorf("the table has %s %+v", x.Plan, x.Settings)
	}
	ring, err := reader.Ring(t.Context(), x)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := ring.Keys(t.Context(), grant.Client, time.Now(), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{first.Token, again.Token, must(t, "token", "--data", data)} {
		if _, err := grant.Verify(keys, text, time.Now()); err != nil {
			t.Errorf("a token is not accepted by the application: %v", err)
		}
	}

	invited, _, err := owner.Invited(t.Context(), account.Page{})
	if err != nil || len(invited) != 1 || invited[0].Email != "owner@example.org" || invited[0].Role != account.Owner {
		t.Errorf("invited: %+v, %v", invited, err)
	}

	// For people there are lines to copy, and no secret.
	status, out, said = create(t, local.Endpoint, kms, table, names["vault"], data)
	if status != 0 || out != "" || !strings.Contains(said, "export TACET_URL='"+first.WebSocket+"'") || strings.Contains(said, first.Key.Secret) {
		t.Errorf("exit status %d: %s %s", status, out, said)
	}

	status, _, said = create(t, local.Endpoint, kms, "nowhere", names["vault"], data)
	if status != 1 || !strings.Contains(said, "there is no such table") {
		t.Errorf("a table that is not there: exit status %d: %s", status, said)
	}
}

// ownerOf returns who has made the application, in his account.
func ownerOf(t *testing.T, accounts *account.Service, of string) *account.Caller {
	t.Helper()
	session, _, err := accounts.SignIn(t.Context(), account.Identity{Issuer: "tacet:aws", Subject: "operator"})
	if err != nil {
		t.Fatal(err)
	}
	who, err := accounts.Authenticate(t.Context(), session, privacy.Addr{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := accounts.In(t.Context(), who, of)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAnApplicationNeedsAnAccount(t *testing.T) {
	data := t.TempDir()
	for want, c := range map[string]struct {
		id, region string
		status     int
		more       []string
	}{
		"say --region":                        {"me", "", 2, nil},
		"there are no AWS credentials":        {"", "eu-central-1", 1, nil},
		"--http must look like https://HOST/": {"me", "eu-central-1", 2, []string{"--http", "b.example.org"}},
	} {
		as(t, c.id, c.region)
		status, _, said := create(t, "http://127.0.0.1:1", "http://127.0.0.1:1", "t", "v", data, c.more...)
		if status != c.status || !strings.Contains(said, want) {
			t.Errorf("%s: exit status %d: %s", want, status, said)
		}
	}
}
