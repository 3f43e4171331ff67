package command

import "errors"

// accountVerifyDeletion checks a certificate of a deletion.
type accountVerifyDeletion struct {
	File string `arg:"" type:"path" help:"The certificate, as tacet account delete has written it."`
}

func (accountVerifyDeletion) example() string {
	return "  tacet account verify-deletion tacet-deletion-0123456789abcdef0123456789abcdef.json\n"
}

// Run checks it.
func (accountVerifyDeletion) Run() error { return errors.New("this is being built") }
