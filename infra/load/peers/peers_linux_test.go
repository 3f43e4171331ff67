package peers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tacet/infra/load"
	"tacet/infra/load/swarmtest"
)

// standIn makes this test program behave like a server when it starts itself.
const standIn = "TACET_PEERS_STANDIN"

func TestMain(m *testing.M) {
	switch os.Getenv(standIn) {
	case "serves":
		serveHub()
	case "fails":
		fmt.Fprintln(os.Stderr, "no port is free")
		os.Exit(1)
	case "silent":
		waitForever()
	case "stubborn":
		signal.Ignore(syscall.SIGTERM)
		fmt.Println("listening")
		waitForever()
	default:
		os.Exit(m.Run())
	}
}

// waitForever is not taken for a deadlock. The kernel ends it with its parent.
func waitForever() {
	for {
		_ = syscall.Pause()
	}
}

// hoard is what the stand-in keeps for each connection, in bytes.
const hoard = 1 << 20

// serveHub prints what tacet run --json prints.
func serveHub() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		os.Exit(1)
	}
	fmt.Printf(`{"websocket":"ws://%s/apps/APP","app":"APP","client_token":"x","client_key":{"algorithm":"HS256","secret":"s"}}`+"\n", listener.Addr())
	swarmtest.New(swarmtest.Faults{Hoard: hoard}).Accept(listener)
}

// smallPlan takes no time.
func smallPlan(target load.Target) load.Plan {
	return load.Plan{Targets: []load.Target{target}, Sizes: []int{1, 20}, Rounds: 1, Singles: 5, Burst: 100, Patience: time.Minute}
}

// measured runs a small plan and asks for what only a process of ours has.
func measured(t *testing.T, target load.Target) load.Report {
	t.Helper()
	report, err := load.Run(t.Context(), smallPlan(target), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"burst", "cpu_burst", "memory", "connects"} {
		if _, ok := report.Value(target.Name, key, 20); !ok {
			t.Errorf("%s was not measured", key)
		}
	}
	for _, size := range []int{1, 20} {
		if lost, ok := report.Value(target.Name, "lost", size); !ok || lost != 0 {
			t.Errorf("%v lost at %d, %v", lost, size, ok)
		}
	}
	return report
}

// installed is the folder that install.sh fills.
func installed(t *testing.T, binary string) string {
	t.Helper()
	folder, err := filepath.Abs("../../../.build/peers")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(folder, "bin", binary)); err != nil {
		t.Skip("not installed: infra/load/peers/install.sh .build/peers")
	}
	return folder
}

func TestTacetIsMeasured(t *testing.T) {
	t.Setenv(standIn, "serves")
	report := measured(t, Tacet(os.Args[0]))
	if memory, _ := report.Value("tacet", "memory", 20); memory < hoard/1000 {
		t.Errorf("%v kB per connection, although it keeps %d", memory, hoard/1000)
	}
}

func TestBunIsMeasured(t *testing.T)  { measured(t, Bun(installed(t, "bun"))) }
func TestNATSIsMeasured(t *testing.T) { measured(t, NATS(installed(t, "nats-server"))) }

func TestAServerThatFailsTellsWhy(t *testing.T) {
	t.Setenv(standIn, "fails")
	_, err := Tacet(os.Args[0]).Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no port is free") {
		t.Error(err)
	}
}

func TestAServerThatSaysNothingIsGivenUp(t *testing.T) {
	t.Setenv(standIn, "silent")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := Tacet(os.Args[0]).Start(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestAServerThatIsNotThereIsAnError(t *testing.T) {
	if _, err := Bun(t.TempDir()).Start(t.Context()); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

func TestAStubbornServerIsKilled(t *testing.T) {
	t.Setenv(standIn, "stubborn")
	p, err := start(t.Context(), exec.Command(os.Args[0]), false, func(line string) bool { return line == "listening" })
	if err != nil {
		t.Fatal(err)
	}
	if err := p.stop(50 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Error(err)
	}
	if err := p.command.Process.Signal(syscall.Signal(0)); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("it still runs: %v", err)
	}
}

func TestTokensOpenEverythingToASubjectEach(t *testing.T) {
	make, err := Tokens("HS256", "a secret")
	if err != nil {
		t.Fatal(err)
	}
	subjects := map[string]bool{}
	for connection := range 3 {
		claims := jwt.MapClaims{}
		_, err := jwt.ParseWithClaims(make(connection), claims, func(*jwt.Token) (any, error) { return []byte("a secret"), nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithExpirationRequired())
		if err != nil {
			t.Fatal(err)
		}
		subject, _ := claims.GetSubject()
		subjects[subject] = true
		if permissions, _ := claims["permissions"].([]any); len(permissions) != 2 {
			t.Errorf("permissions: %v", claims["permissions"])
		}
	}
	if len(subjects) != 3 {
		t.Errorf("subjects: %v", subjects)
	}
}

func TestTokensNeedASharedSecret(t *testing.T) {
	for _, algorithm := range []string{"RS256", "none", ""} {
		if _, err := Tokens(algorithm, "s"); err == nil {
			t.Errorf("%q was taken", algorithm)
		}
	}
}
