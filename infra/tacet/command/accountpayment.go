package command

import (
	"context"
	"net/http"

	"tacet/core/account"
	"tacet/infra/apiclient"
)

// accountPayment is the commands for payment details.
type accountPayment struct {
	Show paymentShow `cmd:"" help:"Show payment details."`
	Set  paymentSet  `cmd:"" help:"Replace payment details by what the payment provider tells."`
}

type paymentShow struct{ inAccount }

func (paymentShow) example() string { return "  tacet account payment show\n" }

// Run shows them.
func (p paymentShow) Run(ctx context.Context, c *console) error {
	r, err := p.enter(ctx)
	if err != nil {
		return err
	}
	answer, err := r.do(ctx, apiclient.Request{Method: http.MethodGet, Path: r.path("payment")})
	if err != nil {
		return err
	}
	return show(c, p.JSON, answer, func(x account.Payment) error {
		if x == (account.Payment{}) {
			c.say("There are no payment details.")
		}
		c.payment(x)
		return nil
	})
}

func (c *console) payment(x account.Payment) {
	c.facts("Reference", x.Reference, "Brand", x.Brand, "Last digits", x.LastFour, "Expires", x.Expires)
}

type paymentSet struct {
	inAccount
	Reference string `placeholder:"TEXT" help:"The payment provider's reference to the means of payment."`
	Brand     string `placeholder:"TEXT" help:"Brand of the card."`
	LastFour  string `placeholder:"DIGITS" help:"Its last four digits."`
	Until     string `placeholder:"YYYY-MM" help:"When it expires."`
}

func (paymentSet) example() string {
	return "  tacet account payment set --reference pm_1 --brand visa --last-four 4242 --until 2030-12\n\nA card number is never asked for, and never kept.\n"
}

// Run replaces them.
func (p paymentSet) Run(ctx context.Context, c *console) error {
	r, err := p.enter(ctx)
	if err != nil {
		return err
	}
	details := account.Payment{Reference: p.Reference, Brand: p.Brand, LastFour: p.LastFour, Expires: p.Until}
	answer, err := r.change(ctx, http.MethodPut, r.path("payment"), details)
	if err != nil {
		return err
	}
	return show(c, p.JSON, answer, func(x account.Payment) error { c.payment(x); return nil })
}
