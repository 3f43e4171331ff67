// Command subscribe is the function of the routes subscribe and unsubscribe.
package main

import "tacet/infra/platform"

func main() { platform.Start("subscribe", platform.Subscribe) }
