// Command rollup is the function that sums telemetry up.
package main

import "tacet/infra/platform"

func main() { platform.Start("rollup", platform.Rollup) }
