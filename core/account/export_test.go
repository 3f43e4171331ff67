package account

import "tacet/core/app"

// AllowApp is allowApp, for tests of what is behind it.
func (c *Caller) AllowApp(id app.ID) error { return c.allowApp(id) }
