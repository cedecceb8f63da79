package delivery

import (
	"context"
	"errors"
	"flag"
	"strings"
	"testing"
	"time"

	"callbook/internal/oncall"
)

var update = flag.Bool("update", false, "write the golden files")

// What must be in no error and no log.
const (
	secretCode    = "493817"
	secretToken   = "Tok3nOfTheLinkThatNobodyElseMayHold"
	secretAddress = "ada.lovelace@example.org"
	secretNumber  = "+15005550199"
	secretToken2  = "the-token-of-the-account-7f21"
	password      = "correct horse battery"
)

const origin = "https://callbook.example.org"

// made is when the messages of these tests were made.
var made = time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)

// codeMessage is a code on its way to somebody.
func codeMessage(t oncall.ChannelType) oncall.Message {
	to := secretNumber
	if t == oncall.Email {
		to = secretAddress
	}
	return oncall.Message{ID: "0199a6d2-0000-7000-8000-000000000001", Queue: oncall.ActivationQueue, Kind: oncall.CodeMessage, Type: t,
		Alias: "ada", Channel: "c1", State: oncall.MessageWaiting, Attempts: 1, CreatedAt: made, DueAt: made, EndsAt: time.Now().Add(time.Hour),
		Content: oncall.Content{To: to, Name: "Ada Lovelace", Asked: "Grace Hopper", Channel: "mobile", Code: secretCode, Token: secretToken, GoodFor: 15 * time.Minute}}
}

// deliverSoon delivers, and fails the test when that takes longer than it may.
func deliverSoon(t *testing.T, d Deliverer, m oncall.Message, most time.Duration) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), most)
	defer cancel()
	begun := time.Now()
	reference, err := d.Deliver(ctx, m)
	if took := time.Since(begun); took > most+10*time.Second {
		t.Errorf("it took %v, want %v at most", took, most)
	}
	return reference, err
}

func mustDeliver(t *testing.T, d Deliverer, m oncall.Message) string {
	t.Helper()
	reference, err := deliverSoon(t, d, m, time.Minute)
	if err != nil {
		t.Fatalf("the message was not taken: %v (%v)", err, errors.Unwrap(err))
	}
	return reference
}

// failsWith delivers what must not be taken, and returns why.
func failsWith(t *testing.T, d Deliverer, m oncall.Message) *Failure {
	t.Helper()
	reference, err := deliverSoon(t, d, m, time.Minute)
	f, ok := errors.AsType[*Failure](err)
	if !ok {
		t.Fatalf("got %q, %v, want a *Failure", reference, err)
	}
	if reference != "" {
		t.Errorf("the failure has the reference %q", reference)
	}
	keepsSecrets(t, f.Error())
	return f
}

// keepsSecrets fails the test when a text holds what nobody may read.
func keepsSecrets(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{secretCode, secretToken, secretAddress, "ada.lovelace", secretNumber, secretNumber[1:], secretToken2, password, "://"} {
		if strings.Contains(text, secret) {
			t.Errorf("%q holds %q", text, secret)
		}
	}
}

// isFailure compares a failure with its words and whether it is final.
func isFailure(t *testing.T, f *Failure, says string, permanent bool) {
	t.Helper()
	if f.Detail != says || f.Permanent != permanent {
		t.Errorf("got %q, permanent %t, want %q, %t", f.Detail, f.Permanent, says, permanent)
	}
}

func TestProvidersWordsAreMadeFitToBeShown(t *testing.T) {
	for text, want := range map[string]string{
		"no such user":                            "no such user",
		"5.1.1 <ada@example.org>: unknown":        "5.1.1 <•••>: unknown",
		"to +1 500 555 0199 failed":               "to ••• failed",
		"the code 493817 is spam":                 "the code ••• is spam",
		"the code 4, 9, 3, 8, 1, 7 is spam":       "the code ••• is spam",
		"see https://callbook.example.org/a/tok?": "see •••",
		"see HTTP://callbook.example.org/a/tok":   "see •••",
		"two\r\nlines\tand\x1b[31m colour":        "two lines and[31m colour",
		"gr\xffade":                               "grade",
		"\u202eturned":                            "turned",
		"grüße@bücher.example":                    "•••",
		"":                                        "",
	} {
		if got := plainWords(text); got != want {
			t.Errorf("plainWords(%q) = %q, want %q", text, got, want)
		}
	}
	if got := []rune(plainWords(strings.Repeat("ä", 1000))); len(got) != maxDetailLen+1 {
		t.Errorf("a long text is %d runes, want %d and an ellipsis", len(got), maxDetailLen)
	}
}

func TestWordsOfAProviderHoldNoTokenAndNoCode(t *testing.T) {
	for _, text := range []string{
		"554 blocked link callbook.example.org/activate/Tok3nOfTheLinkThatNobodyElseMayHold",
		"refused 123/456", "refused 123\u2011456", "refused 1_2_3_4_5_6", "refused 12 34 56",
	} {
		got := plainWords(text)
		for _, secret := range []string{"Tok3n", "123", "456", "1_2", "12 34"} {
			if strings.Contains(got, secret) {
				t.Errorf("%q reads %q", text, got)
			}
		}
	}
}

func TestReferenceIsOnlyKeptWhereItIsOne(t *testing.T) {
	m := oncall.Message{ID: "id", Content: oncall.Content{To: "+15005550199", Code: "042137", Token: "Tok3n"}}
	for said, want := range map[string]string{
		"SM0123456789abcdef": "SM0123456789abcdef", "": "id", strings.Repeat("x", 129): "id", "a\nb": "id",
		"to 15005550199": "id", "042137": "id", "x-Tok3n": "id",
	} {
		if got := referenceOf(said, m); got != want {
			t.Errorf("%q is kept as %q, want %q", said, got, want)
		}
	}
}
