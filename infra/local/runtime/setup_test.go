package runtime_test

import (
	"debug/elf"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/infra/local/runtime"
)

func TestWhatCannotRunSaysWhatToDo(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	os.Mkdir(plain, 0o755)
	os.WriteFile(filepath.Join(plain, "bootstrap"), []byte("#!/bin/sh\n"), 0o644)
	foreign := filepath.Join(dir, "foreign")
	os.Mkdir(foreign, 0o755)
	program, err := os.ReadFile(filepath.Join(built, "bootstrap"))
	if err != nil {
		t.Fatal(err)
	}
	other := map[string]elf.Machine{"amd64": elf.EM_AARCH64, "arm64": elf.EM_X86_64}[goruntime.GOARCH]
	program[18], program[19] = byte(other), byte(other>>8) // e_machine
	os.WriteFile(filepath.Join(foreign, "bootstrap"), program, 0o755)

	r := newRig(t, runtime.Options{})
	for name, c := range map[string]struct {
		spec runtime.Spec
		says []string
	}{
		"no folder":      {runtime.Spec{Dir: filepath.Join(dir, "nowhere"), Runtime: "provided.al2023"}, []string{"there is no folder", "sam build"}},
		"no bootstrap":   {runtime.Spec{Dir: dir, Runtime: "provided.al2"}, []string{"there is no file", "bootstrap", "sam build"}},
		"no program":     {runtime.Spec{Dir: dir, Runtime: "go1.x", Handler: "main"}, []string{"there is no file", "main"}},
		"not executable": {runtime.Spec{Dir: plain, Runtime: "provided.al2023"}, []string{"is not executable", "chmod +x"}},
		"foreign":        {runtime.Spec{Dir: foreign, Runtime: "provided.al2023"}, []string{"this machine is " + goruntime.GOARCH, "GOARCH=" + goruntime.GOARCH}},
		"java":           {runtime.Spec{Dir: dir, Runtime: "java21"}, []string{`"java21" cannot be run here`, "sam local start-lambda"}},
	} {
		t.Run(name, func(t *testing.T) {
			c.spec.Name = "Function"
			_, err := r.Add(c.spec)
			var setup *runtime.SetupError
			if !errors.As(err, &setup) || setup.Function != "Function" {
				t.Fatalf("got %v", err)
			}
			for _, text := range c.says {
				if !strings.Contains(err.Error(), text) {
					t.Errorf("%q does not say %q", err, text)
				}
			}
		})
	}
}

func TestAMissingInterpreterIsNamed(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := newRig(t, runtime.Options{})
	for language, program := range map[string]string{"nodejs24.x": "node", "python3.14": "python3"} {
		_, err := r.Add(runtime.Spec{Name: "Function", Dir: "testdata/node", Runtime: language, Handler: "app.handler"})
		var setup *runtime.SetupError
		if !errors.As(err, &setup) || !strings.HasPrefix(setup.Problem, program+" is not on the PATH") {
			t.Errorf("%s: %v", language, err)
		}
	}
}

func TestProgramsForLinuxRunOnLinuxOnly(t *testing.T) {
	for _, c := range []struct {
		machine              elf.Machine
		system, architecture string
		says                 string
	}{
		{elf.EM_X86_64, "linux", "amd64", ""},
		{elf.EM_AARCH64, "linux", "arm64", ""},
		{elf.EM_RISCV, "linux", "riscv64", ""},
		{elf.EM_AARCH64, "linux", "amd64", "is a program for arm64, this machine is amd64"},
		{elf.EM_AARCH64, "darwin", "arm64", "is a program for Linux, this machine runs darwin"},
	} {
		problem, _ := runtime.Foreign("bootstrap", c.machine, c.system, c.architecture)
		if c.says == "" && problem != "" || !strings.Contains(problem, c.says) {
			t.Errorf("%v: %q", c, problem)
		}
	}
}

func TestNamesAreCheckedAndUnique(t *testing.T) {
	r := newRig(t, runtime.Options{})
	r.function("Function", func(s *runtime.Spec) { s.Aliases = []string{"alias"} })
	for _, s := range []runtime.Spec{{}, {Name: "a b"}, {Name: "Function"}, {Name: "alias"}, {Name: "New", Aliases: []string{"Function"}}} {
		s.Dir, s.Runtime = built, "provided.al2023"
		if _, err := r.Add(s); err == nil {
			t.Errorf("%+v was added", s)
		}
	}
	if r.Function("New") != nil {
		t.Error("half of it was added")
	}
}

func TestTheEnvironmentIsLambdasAndNothingOfTheHosts(t *testing.T) {
	t.Setenv("SECRET_OF_THE_HOST", "x")
	r := newRig(t, runtime.Options{Region: "eu-west-1", Env: map[string]string{"AWS_ACCESS_KEY_ID": "everybody", "AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:8000", "OWN": "not its own"}})
	f := r.function("Function", func(s *runtime.Spec) {
		s.Env["OWN"], s.Env["AWS_SECRET_ACCESS_KEY"], s.Env["AWS_LAMBDA_FUNCTION_NAME"] = "variable", "its own", "Somebody"
		s.Memory = 512
	})
	var got []string
	json.Unmarshal([]byte(must(t, f, do("environment"))), &got)
	for _, want := range []string{
		"AWS_ACCESS_KEY_ID=everybody", "AWS_SECRET_ACCESS_KEY=its own", "AWS_SESSION_TOKEN=local",
		"AWS_REGION=eu-west-1", "AWS_DEFAULT_REGION=eu-west-1", "AWS_ENDPOINT_URL_DYNAMODB=http://127.0.0.1:8000",
		"AWS_LAMBDA_FUNCTION_NAME=Function", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=512", "AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/Function", "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"LAMBDA_TASK_ROOT=" + built, "_HANDLER=bootstrap", "TZ=:UTC", "LANG=en_US.UTF-8", "PATH=" + os.Getenv("PATH"), "OWN=variable",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing", want)
		}
	}
	known := []string{"AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_RUNTIME_DIR", "MEET", "_X_AMZN_TRACE_ID", "PWD"}
	if len(got) > 17+len(known) {
		t.Errorf("there is more: %q", got)
	}
	if all := strings.Join(got, " "); strings.Contains(all, "SECRET_OF_THE_HOST") || strings.Contains(all, "HOME=") {
		t.Errorf("the host's variables leaked: %s", all)
	}
}

func TestAnEventComesWithItsContext(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function", func(s *runtime.Spec) { s.Timeout = time.Minute })
	var got struct {
		ID, ARN, Trace string
		Left           float64
	}
	json.Unmarshal([]byte(must(t, f, do("context"))), &got)
	if len(got.ID) != 36 || got.ARN != "arn:aws:lambda:us-east-1:000000000000:function:Function" ||
		!strings.HasPrefix(got.Trace, "Root=1-") || got.Left <= 0 || got.Left > 60 {
		t.Errorf("got %+v", got)
	}
}

func TestARuntimeIsToldItsMistakes(t *testing.T) {
	r := newRig(t, runtime.Options{})
	f := r.function("Function", mode("raw"))
	if got := must(t, f, do("mistakes")); got != "[403,403,403,403]" {
		t.Errorf("answers for an id that is not there, an initialisation that is over, and an event too early: %s", got)
	}
	if got := must(t, f, do("mistakes")); got != "[403,403,403,403,403,403]" {
		t.Errorf("and for answers after the answer: %s", got)
	}
	f.Invoke(t.Context(), do("large"))
	if got := must(t, f, do("mistakes")); got != "[403,403,403,403,413]" {
		t.Errorf("and for one that is too large: %s", got)
	}
}

func TestOutputIsPassedOnLineByLine(t *testing.T) {
	r := newRig(t, runtime.Options{})
	long := strings.Repeat("x", runtime.MaxLine+1)
	f := r.function("Function")
	must(t, f, do("say", "first\n\n"+long+"\nlast"))
	r.Close(t.Context())
	want := []string{"first", "", long[1:] + " … (cut)", "last", "and an error"}
	for i, line := range want {
		want[i] = "Function | " + line + "\n"
	}
	if got := r.output.String(); got != strings.Join(want, "") {
		t.Errorf("got %.200q", got)
	}
}

func TestTheLogRepeatsNothingOfAnEvent(t *testing.T) {
	const marker = "private-marker"
	r := newRig(t, runtime.Options{RetryAfter: soon})
	f := r.function("Function")
	for _, what := range []string{"echo", marker, "tell and fail"} {
		f.Invoke(t.Context(), do(what, marker))
		r.request("Function", "", string(do(what, marker)))
		r.request("Function", "Event", string(do(what, marker)))
	}
	r.request("Function", "", marker)
	r.request("Function", "", `{"`+marker)
	r.Close(t.Context())
	if text := r.log.String(); strings.Contains(text, marker) || !strings.Contains(text, `"status":"error"`) {
		t.Errorf("the log: %s", text)
	}
	for line := range strings.Lines(r.log.String()) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"function", "request", "status", "ms", "cold"} {
			if _, ok := record[key]; !ok {
				t.Errorf("%s is missing: %s", key, line)
			}
		}
	}
}
