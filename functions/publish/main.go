// Command publish is the function of the routes publish and message.
package main

import "tacet/infra/platform"

func main() { platform.Start("publish", platform.Publish) }
