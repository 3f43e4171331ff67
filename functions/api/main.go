// Command api is the function of the HTTP API.
package main

import (
	"tacet/infra/platform"
	"tacet/infra/platform/api"
)

func main() { platform.Start("api", api.New) }
