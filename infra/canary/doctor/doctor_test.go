package doctor_test

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/infra/canary"
	"tacet/infra/canary/doctor"
	"tacet/infra/tacet/command"
)

// TestMain makes this program the tacet that is examined.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "tacet" {
		os.Exit(command.Main(os.Args, os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// wiretap passes connections on, and writes what clients say into a file: a
// platform that logs frames.
type wiretap struct {
	to   string
	mu   sync.Mutex
	into *os.File
}

func (w *wiretap) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.into.Write(b)
}

func (w *wiretap) serve(l net.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer in.Close()
			out, err := net.Dial("tcp", w.to)
			if err != nil {
				return
			}
			defer out.Close()
			go func() {
				_, _ = io.Copy(in, out) // until one of both ends
				in.Close()
			}()
			_, _ = io.Copy(io.MultiWriter(out, w), in)
		}()
	}
}

func TestAPlatformThatLogsWhatPassesIsNotHealthy(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs a platform")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var listeners []net.Listener
	defer func() {
		for _, l := range listeners {
			l.Close()
		}
	}()
	report, err := doctor.Examine(ctx, doctor.Options{Program: program, Below: t.TempDir(), Around: func(address, data string) (string, error) {
		f, err := os.OpenFile(filepath.Join(data, "frames.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return "", err
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return "", err
		}
		listeners = append(listeners, l)
		go (&wiretap{to: address, into: f}).serve(l)
		return l.Addr().String(), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if report.Healthy || report.Folder == "" {
		t.Errorf("healthy: %v, left in %q", report.Healthy, report.Folder)
	}
	var roles []canary.Role
	for _, h := range report.Found {
		if !strings.HasSuffix(h.Name, "frames.log") {
			t.Errorf("found the %s in %s: %s", h.Role, h.Sort, h.Name)
		}
		roles = append(roles, h.Role)
	}
	for _, role := range []canary.Role{
		canary.Claim, canary.Subject, canary.Signature, canary.Address4, canary.Address6, canary.Forged, canary.UserAgent, canary.Header, canary.Query,
		canary.Path, canary.ClientID, canary.Email, canary.Name, canary.Invited, canary.Label, canary.FileName, canary.Rubbish,
		canary.Payload, canary.Kind, canary.MessageID, canary.PrivTopic,
	} {
		if !slices.Contains(roles, role) {
			t.Errorf("the %s passed, was written down, and was not found", role)
		}
	}
	for _, s := range report.Sent {
		if s.Failed != "" {
			t.Errorf("%s: %s", s.Path, s.Failed)
		}
	}
}
