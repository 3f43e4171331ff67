package stack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// built is where the repository's functions are built for this machine.
const built = ".build/functions"

// build builds functions from the repository at root, for this machine, and
// returns for each the folder with its bootstrap, as sam build leaves it. They
// are named by logical id: ConnectFunction is the folder functions/connect.
func build(ctx context.Context, root string, functions []string) (map[string]string, error) {
	if _, err := exec.LookPath("go"); err != nil {
		return nil, fmt.Errorf("the functions cannot be built, because there is no program go: install Go, or say --functions DIR for the folder in which sam build left them (%w)", err)
	}
	out := filepath.Join(root, filepath.FromSlash(built), runtime.GOOS+"-"+runtime.GOARCH)
	// The flags are not those of sam build, but those of every other build here:
	// most of it is in the go command's cache then.
	arguments := []string{"build", "-o", out + string(filepath.Separator)}
	for _, id := range functions {
		folder := folderOf(id)
		if _, err := os.Stat(filepath.Join(root, "functions", folder, "main.go")); err != nil {
			return nil, fmt.Errorf("the template has a function %s, and there is no functions/%s in %s to build it from: say --functions DIR for the folder in which sam build left it", id, folder, root)
		}
		arguments = append(arguments, "./functions/"+folder)
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir = root
	if said, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("the functions do not build (go %s in %s): %w\n%s", strings.Join(arguments, " "), root, err, said)
	}
	folders := map[string]string{}
	for _, id := range functions {
		folders[id] = filepath.Join(out, id)
		if err := link(folders[id], filepath.Join("..", folderOf(id)+suffix())); err != nil {
			return nil, err
		}
	}
	return folders, nil
}

// folderOf returns the folder of a function in the repository.
func folderOf(id string) string { return strings.ToLower(strings.TrimSuffix(id, "Function")) }

func suffix() string {
	if runtime.GOOS == "windows" {
		return ".exe"
	}
	return ""
}

// link makes a folder in which bootstrap is a program. What go build has written
// stays where it is: it does not link a program again that is up to date.
func link(folder, program string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	bootstrap := filepath.Join(folder, "bootstrap")
	if is, err := os.Readlink(bootstrap); err == nil && is == program {
		return nil
	}
	if err := os.Remove(bootstrap); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Symlink(program, bootstrap); err != nil && !errors.Is(err, os.ErrExist) { // another tacet may be at it
		return err
	}
	return nil
}
