package runtime_test

import (
	"context"
	"os"
	"os/exec"
	goruntime "runtime"
	"strings"
	"testing"

	"tacet/infra/local/runtime"
)

// victim is the variable that makes the test program a host that is going to
// be killed: where its function can be met.
const victim = "TACET_RUNTIME_VICTIM"

// die is that host. It never returns.
func die(meet string) {
	h, err := runtime.New(runtime.Options{})
	if err != nil {
		panic(err)
	}
	spec := runtime.Spec{Name: "Function", Dir: os.Getenv("BUILT"), Runtime: "provided.al2023", Env: map[string]string{"MEET": meet}}
	f, err := h.Add(spec)
	if err != nil {
		panic(err)
	}
	if _, err := f.Invoke(context.Background(), do("hang")); err != nil {
		panic(err)
	}
}

func TestNoFunctionOutlivesAHostThatWasKilled(t *testing.T) {
	if goruntime.GOOS != "linux" {
		t.Log("elsewhere a function that asks for nothing outlives it")
		return
	}
	m := newMeeting(t)
	host := exec.Command(os.Args[0])
	host.Env = append(os.Environ(), victim+"="+m.URL, "BUILT="+built)
	var said strings.Builder
	host.Stderr = &said
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	m.told(t, 1)
	host.Process.Kill()
	host.Wait()
	m.ended(t, 1)
	if said.Len() > 0 {
		t.Error(said.String())
	}
}
