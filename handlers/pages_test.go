package handlers

import (
	"errors"
	"fmt"
	"testing"

	"callbook/internal/oncall"
)

func TestMessageOfAnErrorTellsNothingOfItsCause(t *testing.T) {
	secret := errors.New("secret")
	for err, want := range map[error]string{
		secret: "Something went wrong on our side.",
		&oncall.Error{Kind: oncall.Invalid, Message: "Choose another.", Cause: secret}:                   "Choose another.",
		fmt.Errorf("import: %w", &oncall.Error{Kind: oncall.Denied, Message: "Not you.", Cause: secret}): "Not you.",
	} {
		if got := messageOf(err); got != want {
			t.Errorf("messageOf(%v): got %q, want %q", err, got, want)
		}
	}
}
