package command

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
)

// confirmed returns nil when somebody has said the phrase: with a flag, else
// when asked on the terminal.
func (c *console) confirmed(ctx context.Context, said, phrase string) error {
	switch {
	case said == phrase:
		return nil
	case said != "":
		return misused("--confirm says something else than %s: nothing is deleted", phrase)
	case !isTerminal(c.in):
		return fmt.Errorf("nothing is deleted: say --confirm %s", quote(phrase))
	}
	fmt.Fprintf(c.err, "To go on, type %s and press Enter: ", phrase)
	line, err := c.typed(ctx)
	switch {
	case err != nil:
		return err
	case line != phrase:
		return errors.New("that is something else: nothing is deleted")
	}
	return nil
}

// typed returns the next line that somebody types.
func (c *console) typed(ctx context.Context) (string, error) {
	lines := make(chan string, 1)
	go func() { // ends with the process: a terminal cannot be stopped from being read
		line, _ := bufio.NewReader(c.in).ReadString('\n')
		lines <- strings.TrimSpace(line)
	}()
	select {
	case line := <-lines:
		return line, nil
	case <-ctx.Done():
		return "", errors.New("interrupted: nothing is deleted")
	}
}
