// Command api is the function of the HTTP API.
package main

import "tacet/infra/platform"

func main() { platform.Start("api", platform.API) }
