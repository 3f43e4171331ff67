// Command manage is the function of the API that accounts are managed with.
package main

import (
	"tacet/infra/platform"
	"tacet/infra/platform/manage"
)

func main() { platform.Start("manage", manage.New) }
