package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"tacet/infra/local/site"
)

// noteName is the file in which a running platform says where it is, and holds
// the tokens that open it.
const noteName = "running.json"

// readNote returns what the platform on a data folder has noted of itself, or
// site.ErrNotRunning.
//
// The folder at hand is looked into without being asked, and may have come with
// somebody's archive or lie where many can write. So a note counts only if
// nobody but this user can have written it; and since the platform lets nobody
// else read its tokens either, a note that others can read is not the
// platform's: whoever unpacks or checks out a file makes it readable. Windows
// keeps no such modes; there its profile folders keep others out.
func readNote(folder string) (site.Running, error) {
	file := filepath.Join(folder, noteName)
	for _, must := range []struct {
		path   string
		others fs.FileMode // what others must not be allowed
	}{{folder, 0o022}, {file, 0o077}} {
		info, err := os.Stat(must.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return site.ReadRunning(folder) // says so
		case err != nil:
			return site.Running{}, err
		case !ownedAlone(info, must.others):
			return site.Running{}, fmt.Errorf("%s is not trusted, because %s does not belong to this user alone, as tacet run makes it: "+
				"say where to connect with --url (or TACET_URL) and a token for it in TACET_TOKEN", file, must.path)
		}
	}
	return site.ReadRunning(folder)
}
