package seal

import (
	"testing"
	"time"
)

// benchRing is a ring on the true clock, with the looks at the file that it costs.
func benchRing(b *testing.B) *Ring {
	r, _ := newRing(b)
	r.now = time.Now
	b.ReportAllocs()
	return r
}

var plain = []byte("+15005550199")

func BenchmarkSeal(b *testing.B) {
	r := benchRing(b)
	for b.Loop() {
		_ = must(r.Seal(plain, address))(b)
	}
}

func BenchmarkOpen(b *testing.B) {
	r := benchRing(b)
	sealed := must(r.Seal(plain, address))(b)
	for b.Loop() {
		_ = must(r.Open(sealed, address))(b)
	}
}

func BenchmarkSum(b *testing.B) {
	r := benchRing(b)
	for b.Loop() {
		_ = must(r.Sum(Index, "address", plain))(b)
	}
}

// BenchmarkReload is what an unknown key costs.
func BenchmarkReload(b *testing.B) {
	r := benchRing(b)
	for b.Loop() {
		_ = r.reload()
	}
}
