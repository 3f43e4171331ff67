package manage_test

import (
	"encoding/json"
	"strings"
	"testing"

	"tacet/core/account"
	"tacet/core/directory/directorytest"
	"tacet/core/fault/faulttest"
	"tacet/core/ledger/ledgertest"
	"tacet/core/seal/sealtest"
	"tacet/infra/httpapi/manage"
)

// Whatever fails, and at whichever call, an answer says that the same request
// may work later, or what it says otherwise; and never 500, nor why.
func TestWhatFailsIsUnavailable(t *testing.T) {
	faults := new(faulttest.Faults)
	r := newRig(t, withIssuer, func(a *manage.API) {
		s := a.Accounts
		s.Directory = directorytest.WithFaults(s.Directory, faults)
		s.Vault = sealtest.VaultWithFaults(s.Vault, faults)
		s.Deployment = sealtest.DeploymentWithFaults(s.Deployment, faults)
		a.Rights.Ledger = ledgertest.WithFaults(a.Rights.Ledger, faults)
		fast := manage.Rate{PerSecond: 1e6, Burst: 1e6}
		a.Limits = manage.Limits{Principal: fast, Client: fast, SignIn: fast}
	})
	ada := r.session(account.Identity{Issuer: "https://login.example.org", Subject: "ada", Email: "ada@example.org", Operator: true})
	ids := r.furnish(ada)
	unavailable := 0
	for path, item := range readDocument(t).Paths {
		if !strings.HasPrefix(path, "/v1/") {
			continue
		}
		full := path
		for name, id := range ids {
			full = strings.ReplaceAll(full, "{"+name+"}", id)
		}
		for method, op := range item {
			if op.OperationID == "sign-out" || strings.HasPrefix(op.OperationID, "delete-") {
				continue // what comes after needs what they end
			}
			body := ""
			if op.RequestBody != nil {
				example, err := json.Marshal(op.RequestBody.Content["application/json"].Example)
				if err != nil {
					t.Fatal(err)
				}
				body = string(example)
			}
			for n := range 8 {
				faults.Crash(n+1, faulttest.NotApplied)
				w := r.do(strings.ToUpper(method), full, body, append(bearer(ada), "If-Match", "*")...)
				faults.Stop()
				if w.Code == 500 || strings.Contains(w.Body.String(), faulttest.ErrInjected.Error()) {
					t.Errorf("%s %s, when the call %d fails: %d %s", method, path, n+1, w.Code, w.Body)
				}
				if w.Code == 503 {
					unavailable++
				}
			}
		}
	}
	if unavailable < 50 {
		t.Errorf("only %d requests failed: does anything?", unavailable)
	}
}
