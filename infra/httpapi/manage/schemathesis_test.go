package manage_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/plan"
	"tacet/infra/httpapi/manage"
)

// TestSchemathesis lets schemathesis hold the API against its own OpenAPI
// document. It needs the program st, whose place is in TACET_SCHEMATHESIS
// (.ci/schemathesis sets it); without it the test is left out.
func TestSchemathesis(t *testing.T) {
	st := os.Getenv("TACET_SCHEMATHESIS")
	if st == "" {
		t.Skip("no TACET_SCHEMATHESIS: .ci/schemathesis sets it")
	}
	for name, known := range map[string]bool{"with ids of what there is": true, "with any ids": false} {
		t.Run(name, func(t *testing.T) {
			fast := manage.Rate{PerSecond: 1e6, Burst: 1e6}
			r := newRig(t, withIssuer, func(a *manage.API) { a.Limits = manage.Limits{Principal: fast, Client: fast, SignIn: fast} })
			server := httptest.NewServer(r.handler)
			defer server.Close()
			ada := r.session(account.Identity{Issuer: "https://login.example.org", Subject: "ada", Email: "ada@example.org", Operator: true})
			// 428 is what a missing If-Match is answered with.
			config := "[checks.missing_required_header]\nexpected-statuses = [400, 401, 403, 404, 428]\n[parameters]\n"
			if known {
				config += "\"header.If-Match\" = \"*\"\n"
				for name, id := range r.furnish(ada) {
					config += name + " = \"" + id + "\"\n"
				}
			}
			file := filepath.Join(t.TempDir(), "schemathesis.toml")
			if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			args := append([]string{"--config-file", file}, schemathesisArgs(server.URL, ada)...)
			if known { // and will be
				for _, id := range []string{"delete-account", "delete-app", "remove-member", "revoke-key", "revoke-token", "withdraw-invitation"} {
					args = append(args, "--exclude-operation-id", id)
				}
			}
			c := exec.CommandContext(ctx, st, args...)
			c.Dir = t.TempDir()
			var out bytes.Buffer
			c.Stdout, c.Stderr = &out, &out
			if err := c.Run(); err != nil {
				t.Errorf("%v\n%s", err, out.String())
			} else {
				t.Log(out.String())
			}
			if n := strings.Count(r.log.String(), `"status":500`); n > 0 {
				t.Errorf("%d requests were answered 500: %.3000s", n, r.log)
			}
		})
	}
}

func schemathesisArgs(url, token string) []string {
	return []string{
		"run", url + "/v1/openapi.json", "--url", url, "--header", "Authorization: Bearer " + token,
		"--include-path-regex", "^/v1/", "--exclude-operation-id", "sign-out", // the session is for the whole run
		"--checks", "all", "--exclude-checks", "object_level_authorization,positive_data_acceptance",
		"--phases", "examples,coverage,fuzzing", "--max-examples", "15", "--seed", "1", "--no-shrink",
		"--suppress-health-check", "all", "--continue-on-failure", "--no-color", "--workers", "1", "--max-redirects", "0",
	}
}

// furnish makes an account with one of each thing, and returns their ids by the
// names of parameters.
func (r *rig) furnish(token string) map[string]string {
	r.t.Helper()
	at := r.account(token, `{}`)
	ids := map[string]string{"account": filepath.Base(at)}
	for _, x := range []struct{ name, path, body string }{
		{"invitation", "/invitations", `{"email":"grace@example.org","role":"viewer"}`},
		{"token", "/tokens", `{"name":"one"}`},
		{"app", "/apps", `{"name":"one","plan":"` + string(plan.Free) + `"}`},
		{"key", "/apps/{app}/keys", `{"kind":"client"}`},
	} {
		where := at + strings.ReplaceAll(x.path, "{app}", ids["app"])
		ids[x.name] = filepath.Base(r.want(201, "", "POST", where, x.body, bearer(token)...).Header().Get("Location"))
	}
	me := read[manage.Me](r.t, r.want(200, "", "GET", "/v1/me", "", bearer(token)...).Body.Bytes())
	ids["member"] = string(me.Memberships[0].Member)
	ids["request"] = string(read[manage.Export](r.t, r.want(202, "", "POST", at+"/exports", `{"scope":"self"}`, bearer(token)...).Body.Bytes()).Request)
	return ids
}
