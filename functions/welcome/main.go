// Command welcome is the function that greets who has connected.
package main

import "tacet/infra/platform"

func main() { platform.Start("welcome", platform.Welcome) }
