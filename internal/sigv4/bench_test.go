package sigv4

import (
	"strings"
	"testing"
)

// BenchmarkVerify measures the verification of the sample call in AWS's reference, which
// has 229 bytes, and of a body of the maximum size.
func BenchmarkVerify(b *testing.B) {
	for name, size := range map[string]int{"229 bytes": 229, "1 MiB": 1 << 20} {
		b.Run(name, func(b *testing.B) {
			body := strings.Repeat("x", size)
			r := newRequest(b, body)
			sign(b, r, body, now)
			v, sent := verifier(now), []byte(body)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = v.Verify(b.Context(), r, sent)
			}
		})
	}
}

// BenchmarkUnknownKey must take as long as BenchmarkVerify.
func BenchmarkUnknownKey(b *testing.B) {
	r := newRequest(b, "{}")
	sign(b, r, "{}", now)
	authorization(keyID, "AKIDUNKNOWN")(r)
	v, body := verifier(now), []byte("{}")
	b.ReportAllocs()
	for b.Loop() {
		_, _ = v.Verify(b.Context(), r, body)
	}
}

// BenchmarkDayKey measures the time that a cache of day keys would save.
func BenchmarkDayKey(b *testing.B) {
	s := scope{date: "20261125", region: "us-east-1", service: "ssm-contacts", signedAt: now}
	for b.Loop() {
		_ = s.dayKey(secret)
	}
}
