package password

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/alexedwards/argon2id"
)

func TestPasswordOpensItsHashAlone(t *testing.T) {
	h := New(1)
	encoded, err := h.Hash(t.Context(), "mountain lamp river")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") || NeedsRehash(encoded) {
		t.Errorf("the hash is %s", encoded)
	}
	for text, want := range map[string]bool{
		"mountain lamp river":                    true,
		"mountain\u00a0lamp\u3000river":          true, // other spaces
		"Mountain lamp river":                    false,
		"mountain lamp river ":                   false,
		"":                                       false,
		"mountain lamp river\x00":                false,
		strings.Repeat("mountain lamp river", 9): false,
		strings.Repeat("x", MaxBytes+1):          false,
	} {
		if got, err := h.Verify(t.Context(), encoded, text); got != want || err != nil {
			t.Errorf("Verify(%.40q) = %v, %v, want %v", text, got, err, want)
		}
	}
}

func TestAccentsTypedInTwoWaysAreOnePassword(t *testing.T) {
	h := New(1)
	encoded, err := h.Hash(t.Context(), "cafe\u0301 crème brûlée")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := h.Verify(t.Context(), encoded, "café crème brûlée"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
	if ok, _ := h.Verify(t.Context(), encoded, "ｃafé crème brûlée"); ok {
		t.Error("a full-width letter is taken for the plain one")
	}
}

func TestEqualPasswordsHaveUnequalHashes(t *testing.T) {
	h := New(2)
	first, err1 := h.Hash(t.Context(), "mountain lamp river")
	second, err2 := h.Hash(t.Context(), "mountain lamp river")
	if err1 != nil || err2 != nil || first == second {
		t.Errorf("%s (%v) and %s (%v)", first, err1, second, err2)
	}
}

// The hash is from the tests of the reference implementation.
func TestHashOfAnotherCostIsVerifiedAndReplaced(t *testing.T) {
	other := "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if ok, err := New(1).Verify(t.Context(), other, "password"); !ok || err != nil {
		t.Errorf("Verify = %v, %v", ok, err)
	}
	cheaper := encode(argon2id.Params{Memory: 9216, Iterations: 4, Parallelism: 1}, make([]byte, 16), make([]byte, 32))
	for _, encoded := range []string{other, cheaper, "", "$2a$10$abc"} {
		if !NeedsRehash(encoded) {
			t.Errorf("NeedsRehash(%q) is false", encoded)
		}
	}
}

func TestTextThatIsNoPasswordIsNotHashed(t *testing.T) {
	for _, text := range []string{"", "\x00", "a\tb", "\xff", strings.Repeat("x", MaxBytes+1)} {
		var refusal Refusal
		if _, err := New(1).Hash(t.Context(), text); !errors.As(err, &refusal) {
			t.Errorf("Hash(%.20q) fails with %v", text, err)
		}
	}
}

func TestHashWaitsForASlotUntilItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(1)
		h.running <- struct{}{} // the only slot
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan error)
		go func() { _, err := h.Hash(ctx, "mountain lamp river"); failed <- err }()
		synctest.Wait()
		select {
		case err := <-failed:
			t.Fatalf("it did not wait: %v", err)
		default:
		}
		cancel()
		if err := <-failed; !errors.Is(err, context.Canceled) {
			t.Errorf("it failed with %v", err)
		}
		if len(h.admitted) != 0 {
			t.Error("it is still in the queue")
		}
	})
}

func TestFullQueueRefusesWithErrBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := New(2)
		h.running <- struct{}{}
		h.running <- struct{}{}
		ctx, cancel := context.WithCancel(t.Context())
		var waiting sync.WaitGroup
		for range 2 * (1 + queueLength) {
			waiting.Go(func() { _ = h.VerifyDummy(ctx, "mountain lamp river") })
		}
		synctest.Wait()
		if err := h.VerifyDummy(ctx, "mountain lamp river"); !errors.Is(err, ErrBusy) {
			t.Errorf("one more fails with %v", err)
		}
		if _, err := h.Verify(ctx, dummy, "x"); !errors.Is(err, ErrBusy) {
			t.Errorf("one more fails with %v", err)
		}
		cancel()
		waiting.Wait()
	})
}

func TestDummyVerificationCostsWhatVerifyingDoes(t *testing.T) {
	h := New(1)
	encoded := encode(current, make([]byte, 16), make([]byte, 32))
	verify := allocated(func() { _, _ = h.Verify(t.Context(), encoded, "mountain lamp river") })
	dummyTakes := allocated(func() { _ = h.VerifyDummy(t.Context(), "mountain lamp river") })
	// The memory is compared rather than the time, because the time varies.
	if verify != 19 || dummyTakes != 19 {
		t.Errorf("verifying takes %d MiB, the dummy %d", verify, dummyTakes)
	}
}

// allocated returns how many MiB f asks for.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return (after.TotalAlloc - before.TotalAlloc) >> 20
}

func BenchmarkHash(b *testing.B) {
	h := New(1)
	for b.Loop() {
		_, _ = h.Hash(b.Context(), "mountain lamp river")
	}
}
