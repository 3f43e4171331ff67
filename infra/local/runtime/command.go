package runtime

import (
	"debug/elf"
	_ "embed"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
)

// command is what an instance is started with.
type command struct {
	path string
	args []string
}

// The shims speak the Runtime API for handlers that are no programs. They are
// handed to the interpreter as an argument, so that no file has to be written.
var (
	//go:embed shim/bootstrap.mjs
	nodeShim string
	//go:embed shim/bootstrap.py
	pythonShim string
)

// SetupError says why a function cannot be run on this machine.
type SetupError struct {
	Function string
	Problem  string
	Cure     string // what to do about it
}

// Error says all three.
func (e *SetupError) Error() string {
	return fmt.Sprintf("runtime: function %s: %s; %s", e.Function, e.Problem, e.Cure)
}

// commandOf looks whether a function could be started, and makes its folder
// absolute.
func commandOf(s *Spec) (command, error) {
	fail := func(problem, cure string) (command, error) { return command{}, &SetupError{s.Name, problem, cure} }
	dir, err := filepath.Abs(s.Dir)
	if err != nil {
		return command{}, err
	}
	s.Dir = dir
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return fail(fmt.Sprintf("there is no folder %s", dir), "build it first: sam build")
	}
	switch {
	case strings.HasPrefix(s.Runtime, "provided"):
		return bootstrap(s, "bootstrap")
	case s.Runtime == "go1.x":
		return bootstrap(s, s.Handler)
	case strings.HasPrefix(s.Runtime, "nodejs"):
		return interpreter(s, "node", "--input-type=module", "--eval", nodeShim)
	case strings.HasPrefix(s.Runtime, "python3"):
		return interpreter(s, "python3", "-u", "-B", "-c", pythonShim)
	}
	return fail(fmt.Sprintf("the runtime %q cannot be run here", s.Runtime),
		"provided.al2, provided.al2023, go1.x, nodejs and python3 can; for others put sam local start-lambda behind the gateway")
}

func interpreter(s *Spec, program string, args ...string) (command, error) {
	path, err := exec.LookPath(program)
	if err != nil {
		return command{}, &SetupError{s.Name, fmt.Sprintf("%s is not on the PATH", program), "install it to run functions of " + s.Runtime}
	}
	return command{path, args}, nil
}

func bootstrap(s *Spec, name string) (command, error) {
	path := filepath.Join(s.Dir, name)
	if problem, cure := unrunnable(path); problem != "" {
		return command{}, &SetupError{s.Name, problem, cure}
	}
	return command{path: path}, nil
}

// unrunnable returns why a file cannot be run on this machine, and what to do.
// Both are empty if it can, as far as can be seen.
func unrunnable(path string) (problem, cure string) {
	info, err := os.Stat(path)
	switch {
	case err != nil || info.IsDir():
		return "there is no file " + path, "build it first: sam build"
	case goruntime.GOOS != "windows" && info.Mode()&0o111 == 0:
		return path + " is not executable", "chmod +x " + path
	}
	file, err := os.Open(path)
	if err != nil {
		return "cannot read " + path, "look at its permissions"
	}
	defer func(f fs.File) { _ = f.Close() }(file)
	program, err := elf.NewFile(file)
	if err != nil { // a script, or a program of another system's format
		return "", ""
	}
	return foreign(path, program.Machine, goruntime.GOOS, goruntime.GOARCH)
}

// foreign returns why a Linux program cannot be run on a machine of a kind.
func foreign(path string, machine elf.Machine, system, architecture string) (problem, cure string) {
	build := fmt.Sprintf("build it with GOOS=%s GOARCH=%s, and CGO_ENABLED=0", system, architecture)
	if system != "linux" {
		return fmt.Sprintf("%s is a program for Linux, this machine runs %s", path, system), build
	}
	its := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[machine]
	if its == "" || its == architecture {
		return "", ""
	}
	return fmt.Sprintf("%s is a program for %s, this machine is %s", path, its, architecture), build
}
