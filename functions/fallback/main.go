// Command fallback is the function of the route $default.
package main

import "tacet/infra/platform"

func main() { platform.Start("fallback", platform.Fallback) }
