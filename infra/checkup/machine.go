package checkup

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"tacet/infra/local/dynamodb"
	"tacet/infra/local/site"
)

// Machine looks at this machine, for a platform that is to listen at an address
// and to keep its data in a folder; "" keeps none.
func Machine(listen, data string, now time.Time) []Finding {
	all := []Finding{port(listen, data), clock(now), files(), memory(), swap()}
	if data != "" {
		all = append(all, folder(data, now)...)
	}
	return all
}

// port looks whether somebody listens there already.
func port(listen, data string) Finding {
	const what = "port"
	l, err := net.Listen("tcp", listen)
	if err == nil {
		l.Close()
		return good(what, "%s is free", listen)
	}
	if r, noted := site.ReadRunning(data); noted == nil && strings.HasSuffix(r.HTTP, listen) && r.Answers() {
		return good(what, "%s is used by the tacet of this data folder (process %d)", listen, r.PID)
	}
	if errors.Is(err, os.ErrPermission) {
		return bad(what, "this user may not listen at "+listen, "choose a port from 1024 on: --listen 127.0.0.1:8080")
	}
	return bad(what, "nobody can listen at "+listen+" now ("+innermost(err).Error()+")", "stop who does, or choose another port: --listen 127.0.0.1:0 takes a free one")
}

func innermost(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}

// built is a time before which no clock is right that runs this program.
var built = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func clock(now time.Time) Finding {
	const what, do = "clock", "set the clock, and keep it right: timedatectl set-ntp true"
	if now.Before(built) || now.After(built.AddDate(20, 0, 0)) {
		return bad(what, "it says "+now.UTC().Format(time.RFC3339), do+"; tokens and retention go by it")
	}
	return good(what, "%s", now.UTC().Format(time.RFC3339))
}

const (
	fewFiles  = 1024
	manyFiles = 10_000
)

// files looks how many files, and so connections, a process may have open.
func files() Finding {
	const what = "open files"
	soft, hard, err := openFiles()
	switch {
	case err != nil:
		return note(what, "the limit is not known here", "make sure that a process may have as many files open as you want connections")
	case hard < fewFiles:
		return bad(what, fmt.Sprintf("a process may have %d", hard), "raise the limit: ulimit -Hn 100000, or LimitNOFILE= of systemd")
	case hard < manyFiles:
		return note(what, fmt.Sprintf("a process may have %d, so about as many connections", hard), "for more: ulimit -Hn 100000, or LimitNOFILE= of systemd")
	}
	return good(what, "%s at once (raised from %s by itself)", humanize.Comma(int64(hard)), humanize.Comma(int64(soft)))
}

const littleMemory = 128 << 20

func memory() Finding {
	const what = "memory"
	free, err := freeMemory()
	switch {
	case err != nil:
		return note(what, "how much is free is not known here", "have 128 MiB, and 4 KiB for each connection")
	case free < littleMemory:
		return note(what, humanize.IBytes(free)+" are free", "have 128 MiB, and 4 KiB for each connection")
	}
	return good(what, "%s are free", humanize.IBytes(free))
}

// swap looks whether memory may get to a disk: what passes is in memory.
func swap() Finding {
	const what = "swap"
	used, err := swapping()
	switch {
	case err != nil:
		return note(what, "whether there is any is not known here", "encrypt it, or have none: what passes is in memory, and memory may be written there")
	case used != "":
		return note(what, used, "encrypt it, or have none (swapoff -a): what passes is in memory, and memory may be written there")
	}
	return good(what, "none: what passes stays in memory")
}

// AWS looks for what tacet run --aws needs besides.
func AWS(ctx context.Context, dir string) []Finding {
	all := []Finding{program(ctx, "Java", "java", "-version", "install a Java runtime from version 17 on (Debian: apt-get install default-jre-headless)")}
	root, err := dynamodb.Repository(dir)
	if err != nil {
		return append(all, bad("repository", "it is not here", "go to the folder of the repository: --aws builds the functions there"))
	}
	all = append(all, good("repository", "%s", root), program(ctx, "Go", "go", "version", "install Go 1.26 (https://go.dev/dl)"))
	if where, err := dynamodb.Find(dir); err != nil {
		all = append(all, bad("DynamoDB Local", "it is not here", "fetch it, once: .tools/dynamodb/fetch"))
	} else {
		all = append(all, good("DynamoDB Local", "%s", where))
	}
	return all
}

// program looks whether a program runs, and what it says of itself.
func program(ctx context.Context, what, name, flag, do string) Finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	said, err := exec.CommandContext(ctx, name, flag).CombinedOutput()
	if err != nil {
		return bad(what, "it is not here, or does not run", do)
	}
	first, _, _ := strings.Cut(string(said), "\n")
	return good(what, "%s", strings.TrimSpace(first))
}

// patience is how long an answer is waited for.
const patience = 10 * time.Second
