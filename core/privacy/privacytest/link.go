package privacytest

import (
	"context"
	"fmt"

	"tacet/core/privacy"
)

// OneSecret returns the same secret for every day. Nobody but a test may do so.
func OneSecret(random [privacy.SecretSize]byte) privacy.DaySecrets {
	return fixed{privacy.NewSecret(random)}
}

type fixed struct{ secret privacy.Secret }

func (f fixed) Secret(context.Context, privacy.Day) (privacy.Secret, error) { return f.secret, nil }

// Sample is addresses of a few hundred networks, the one of Culprit among them.
func Sample() []string {
	var all []string
	for third := range 256 {
		all = append(all, fmt.Sprintf("203.0.%d.1", third))
	}
	return all
}

// Culprit is an address of Sample's.
const Culprit = "203.0.113.77"

// Opens returns which address of Sample's a value is of that was made by Ipcrypt
// for an application on a day, if that can be found out with what is in state:
// every 32 bytes that stand next to one another in it are tried as the secret
// of a day, of that day and of each of others.
func Opens(value privacy.Anonymised, app string, on privacy.Day, others []privacy.Day, state ...[]byte) (address string, found bool) {
	tried := map[[privacy.SecretSize]byte]bool{}
	for _, data := range state {
		for i := 0; i+privacy.SecretSize <= len(data); i++ {
			secret := [privacy.SecretSize]byte(data[i:])
			if tried[secret] {
				continue
			}
			tried[secret] = true
			z := privacy.Anonymiser{Secrets: OneSecret(secret)}
			for _, day := range append([]privacy.Day{on}, others...) {
				for _, address := range Sample() {
					a, err := z.Anonymise(context.Background(), privacy.ParseAddr(address), app, privacy.Ipcrypt, day.Start())
					if err == nil && a == value {
						return address, true
					}
				}
			}
		}
	}
	return "", false
}
