package lifetest

import (
	"testing"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/seal"
)

// Open returns what opens values that are sealed in a record of the directory,
// of accounts that there still are.
func Open(t testing.TB, s *account.Service, k directory.Key) func([]byte) ([]byte, error) {
	t.Helper()
	return func(sealed []byte) ([]byte, error) {
		sealer, err := sealerOf(t, s, k)
		if err != nil {
			return nil, err
		}
		return sealer.Open(sealed, k.String())
	}
}

func sealerOf(t testing.TB, s *account.Service, k directory.Key) (seal.Sealer, error) {
	switch k.Kind {
	case 'o':
		return s.Vault.Sealer(t.Context(), k.ID)
	case 'v':
		r, err := s.Directory.Get(t.Context(), app.ID(k.ID).Key())
		if err != nil {
			return nil, err
		}
		a, err := app.Read(r)
		if err != nil {
			return nil, err
		}
		return s.Vault.Sealer(t.Context(), a.Account)
	}
	return s.Deployment.Sealer(t.Context())
}
