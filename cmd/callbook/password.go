package main

import (
	"context"
	"errors"
	"runtime"

	"callbook/internal/account"
	"callbook/internal/password"
)

// passwords implements account.Passwords with package password.
type passwords struct{ *password.Hasher }

// newPasswords hashes at most as many passwords at once as there are processors.
func newPasswords() passwords { return passwords{password.New(runtime.NumCPU())} }

// Hash implements account.Passwords.
func (p passwords) Hash(ctx context.Context, text string) (string, error) {
	hashed, err := p.Hasher.Hash(ctx, text)
	return hashed, busy(err)
}

// Verify implements account.Passwords.
func (p passwords) Verify(ctx context.Context, hashed, text string) (bool, error) {
	ok, err := p.Hasher.Verify(ctx, hashed, text)
	return ok, busy(err)
}

// VerifyDummy implements account.Passwords.
func (p passwords) VerifyDummy(ctx context.Context, text string) error {
	return busy(p.Hasher.VerifyDummy(ctx, text))
}

// Check implements account.Passwords.
func (passwords) Check(text string, about ...string) error { return password.Check(text, about...) }

func busy(err error) error {
	if errors.Is(err, password.ErrBusy) {
		return account.Busy(err)
	}
	return err
}
