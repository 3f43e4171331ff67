package command_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"tacet/core/app"
	"tacet/infra/local/site"
	"tacet/infra/tacet/command"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"tacet": func() { os.Exit(command.Main(os.Args, os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// patience is how long a script waits for what must come.
const patience = 20 * time.Second

// TestScripts runs what people type, as text: testdata/*.txtar. Besides the words of testscript there are
//
//	status N COMMAND…     runs a command that must end with exit status N
//	running DATA          waits until a platform runs on a data folder
//	address NAME DATA [APP]
//	                      sets a variable to where the platform on a data folder is, or another application of it
//	occupied DATA TOPIC [APP TOKEN]
//	                      waits until somebody has the topic, of another application with an admin token
//	keep NAME [PATTERN]   sets a variable to what was printed last, or to what the pattern has in parentheses
//	certificate DIR       writes DIR/cert.pem and DIR/key.pem for 127.0.0.1
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("XDG_DATA_HOME", filepath.Join(e.WorkDir, "home"))
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"status": status, "running": running, "address": address, "occupied": occupied, "certificate": certificate, "keep": keep,
		},
	})
}

func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status N COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}

func running(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: running DATA")
	}
	until(ts, func() error {
		_, err := site.ReadRunning(ts.MkAbs(args[0]))
		return err
	})
}

func address(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 3 {
		ts.Fatalf("usage: address NAME DATA [APP]")
	}
	r, err := site.ReadRunning(ts.MkAbs(args[1]))
	ts.Check(err)
	at := r.WebSocket
	if len(args) == 3 {
		at = strings.Replace(at, string(r.App), args[2], 1)
	}
	ts.Setenv(args[0], at)
}

func keep(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) > 2 {
		ts.Fatalf("usage: keep NAME [PATTERN]")
	}
	out := strings.TrimSpace(ts.ReadFile("stdout"))
	if len(args) == 2 {
		found := regexp.MustCompile(args[1]).FindStringSubmatch(out + ts.ReadFile("stderr"))
		if len(found) != 2 {
			ts.Fatalf("%s is not in what was printed", args[1])
		}
		out = found[1]
	}
	ts.Setenv(args[0], out)
}

func occupied(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 && len(args) != 4 {
		ts.Fatalf("usage: occupied DATA TOPIC [APP TOKEN]")
	}
	r, err := site.ReadRunning(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(args) == 4 {
		r.App, r.AdminToken = app.ID(args[2]), args[3]
	}
	until(ts, func() error {
		q, err := http.NewRequest(http.MethodGet, r.HTTP+"/api/topics/"+string(r.App), nil)
		if err != nil {
			return err
		}
		q.Header.Set("Authorization", "Bearer "+r.AdminToken)
		a, err := http.DefaultClient.Do(q)
		if err != nil {
			return err
		}
		defer a.Body.Close()
		var topics json.RawMessage
		if err := json.NewDecoder(a.Body).Decode(&topics); err != nil {
			return err
		}
		if !strings.Contains(string(topics), `"`+args[1]+`"`) {
			return fmt.Errorf("nobody has %s: %s", args[1], topics)
		}
		return nil
	})
}

func until(ts *testscript.TestScript, f func() error) {
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); <-time.After(10 * time.Millisecond) {
		if err = f(); err == nil {
			return
		}
	}
	ts.Fatalf("waited in vain: %v", err)
}

func certificate(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: certificate DIR")
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	ts.Check(err)
	key, err := x509.MarshalPKCS8PrivateKey(private)
	ts.Check(err)
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o700))
	for file, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: cert}, "key.pem": {Type: "PRIVATE KEY", Bytes: key}} {
		ts.Check(os.WriteFile(filepath.Join(dir, file), pem.EncodeToMemory(block), 0o600))
	}
}
