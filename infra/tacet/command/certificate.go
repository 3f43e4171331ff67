package command

import "context"

type accountVerifyDeletion struct {
	File string `arg:"" type:"existingfile" help:"The certificate."`
}

func (accountVerifyDeletion) Run(ctx context.Context, c *console) error { return nil }
