// Command fanout is the function that posts a part of a large audience's frames.
package main

import "tacet/infra/platform"

func main() { platform.Start("fanout", platform.Fanout) }
