package manage

import (
	"context"
	"net/http"

	"tacet/core/account"
	"tacet/core/directory"
)

// Payment is what the payment provider tells of how an account pays.
type Payment struct {
	Reference string `json:"reference,omitzero" doc:"The payment provider's." maxLength:"200" example:"cus_N1x8"`
	Brand     string `json:"brand,omitzero" doc:"Of the card." maxLength:"50" example:"visa"`
	LastFour  string `json:"lastFour,omitzero" doc:"The card number's last four digits. More is never taken." pattern:"^([0-9]{4})?$" example:"4242"`
	Expires   string `json:"expires,omitzero" doc:"When the card does: YYYY-MM." pattern:"^([0-9]{4}-(0[1-9]|1[0-2]))?$" example:"2031-07"`
}

const paymentPath = accountPath + "/payment"

func (s *server) routePayment() {
	within(s, operation{
		id: "get-payment", method: http.MethodGet, path: paymentPath, tag: "accounts", none: true,
		summary: "Get payment details", text: "Empty if there are none.", needs: account.ReadPayment,
	}, func(ctx context.Context, c *call, me *account.Caller) (*one[Payment], error) {
		p, v, err := me.Payment(ctx)
		if err != nil {
			return nil, err
		}
		if err := c.fresh(etag(v)); err != nil {
			return nil, err
		}
		return &one[Payment]{ETag: etag(v), Body: Payment(p)}, nil
	})
	within(s, operation{
		id: "set-payment", method: http.MethodPut, path: paymentPath, tag: "accounts", match: true,
		summary: "Replace payment details", text: "Where there are none yet, send If-Match: *.", needs: account.UpdatePayment,
		body: Payment{}, example: Payment{"cus_N1x8", "visa", "4242", "2031-07"},
	}, s.setPayment)
}

func (s *server) setPayment(ctx context.Context, c *call, me *account.Caller) (*one[Payment], error) {
	var in Payment
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return matching(c, func(v directory.Version) (*one[Payment], error) {
		v, err := me.SetPayment(ctx, account.Payment(in), v)
		return &one[Payment]{ETag: etag(v), Body: in}, err
	})
}
