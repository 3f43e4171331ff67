// Command erase is the function that does what takes longer than a request.
package main

import "tacet/infra/platform"

func main() { platform.Start("erase", platform.Erase) }
