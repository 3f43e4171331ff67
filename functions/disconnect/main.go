// Command disconnect is the function of the route $disconnect.
package main

import "tacet/infra/platform"

func main() { platform.Start("disconnect", platform.Disconnect) }
