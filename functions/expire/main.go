// Command expire is the function that ends connections with their tokens.
package main

import "tacet/infra/platform"

func main() { platform.Start("expire", platform.Expire) }
