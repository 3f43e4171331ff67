// Command connect is the function of the route $connect.
package main

import "tacet/infra/platform"

func main() { platform.Start("connect", platform.Connect) }
