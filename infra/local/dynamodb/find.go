package dynamodb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrNotFound says that DynamoDB Local is not where it was looked for. The
// error around it says how to get it.
var ErrNotFound = errors.New("DynamoDB Local is not there")

// fetched is the file that the script leaves behind which fetches DynamoDB
// Local: without it the folder may be half full.
const fetched = ".fetched"

// Find returns the folder of DynamoDB Local in the repository that dir is in:
// .build/dynamodb beside the nearest go.mod above.
func Find(dir string) (string, error) {
	root, err := Repository(dir)
	if err != nil {
		return "", fmt.Errorf("%w: %w; say where it is with --dynamodb DIR, or the URL of one that runs", ErrNotFound, err)
	}
	folder := filepath.Join(root, ".build", "dynamodb")
	if _, err := os.Stat(filepath.Join(folder, fetched)); err != nil {
		return "", fmt.Errorf("%w: it is not in %s; fetch it with .tools/dynamodb/fetch in %s (50 MB, once; make test does it too)", ErrNotFound, folder, root)
	}
	return folder, nil
}

// Repository returns the nearest folder above dir, or dir, that has a go.mod.
func Repository(dir string) (string, error) {
	at, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	for ; ; at = filepath.Dir(at) {
		if _, err := os.Stat(filepath.Join(at, "go.mod")); err == nil {
			return at, nil
		}
		if at == filepath.Dir(at) {
			return "", fmt.Errorf("there is no go.mod in or above %s, so this is not the repository", dir)
		}
	}
}

func (o Options) folder() (string, error) {
	if o.Folder == "" {
		return Find(".")
	}
	// The program's own file is enough: whoever names a folder has filled it.
	for _, name := range []string{"DynamoDBLocal*.jar", fetched} {
		if found, err := filepath.Glob(filepath.Join(o.Folder, name)); err == nil && len(found) > 0 {
			return o.Folder, nil
		}
	}
	return "", fmt.Errorf("%w: there is no DynamoDBLocal.jar in %s", ErrNotFound, o.Folder)
}
