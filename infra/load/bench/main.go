// Command bench measures servers against one another, or one endpoint, from the source tree. It promises what package
// load promises; the command that users have is tacet bench.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends at once
	os.Exit(bench(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
