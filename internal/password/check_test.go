package password

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWeakPasswordsAreRefused(t *testing.T) {
	about := []string{"ana.lopez@example.org", "Ana López", "Callbook"}
	for text, want := range map[string]error{
		"":                                nil, // any refusal, here and where nil stands below
		"short":                           nil,
		"elevenchars":                     nil,
		"пятьбуквдва":                     nil, // 11 characters in 22 bytes
		"tab\there is one in it":          nil,
		"line end here\n":                 nil,
		"bell\aand more words":            nil,
		"not utf-8 \xff at all":           nil,
		strings.Repeat("lamp river ", 94): nil, // 1034 bytes
		"aaaaaaaaaaaa":                    refuseRepeated,
		"abcabcabcabc":                    refuseRepeated,
		"abababababababababa":             refuseRepeated,
		"hunter2hunter2":                  refuseRepeated,
		"passwordpasswordpass":            refuseRepeated,
		"猫猫猫猫猫猫猫猫猫猫猫猫":                    refuseRepeated,
		"x7Gq-pT2x7Gq-pT2":                refuseRepeated, // eight good characters, twice
		"aaaaaaaaaaab":                    refuseCommon,
		"abcdefghijkl":                    refuseCommon,
		"zyxwvutsrqpo":                    refuseCommon,
		"123456789012":                    refuseCommon,
		"0123456789ab":                    refuseCommon,
		"qwertyuiopas":                    refuseCommon,
		"1q2w3e4r5t6y":                    refuseCommon,
		"1qaz2wsx3edc":                    refuseCommon,
		"qazwsxedcrfv":                    refuseCommon,
		"password1234":                    refuseCommon,
		"Password2026!":                   refuseCommon,
		"MyP@ssw0rd2026":                  refuseCommon,
		"drowssap4321":                    refuseCommon,
		"welcome12345!":                   refuseCommon,
		"Changeme12345":                   refuseCommon,
		"iloveyouforever":                 refuseCommon,
		"letmeinplease1":                  refuseCommon,
		"administrator1":                  refuseCommon,
		"Winter2026!!":                    refuseCommon,
		"summer2026summer":                refuseCommon,
		"monkeydragon12":                  refuseCommon,
		"liverpoolfc1892":                 refuseCommon,
		"jsmith19841984":                  refuseCommon,
		"michaeljackson":                  refuseCommon,
		"20261125202611":                  refuseCommon,
		"пароль123456":                    refuseCommon,
		"callbook-ana-2026":               refuseAbout,
		"ana.lopez.2026!":                 refuseAbout,
		"Ana Lopez 1990":                  refuseAbout,
		"CALLBOOK oncall!":                refuseAbout,
		"Example.Org.2026":                refuseAbout,
		"ana.lopez@example.org":           refuseAbout,
	} {
		got := Check(text, about...)
		var refusal Refusal
		if !errors.As(got, &refusal) || (want != nil && got != want) {
			t.Errorf("Check(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestStrongPasswordsAreAccepted(t *testing.T) {
	for _, text := range []string{
		"correct horse battery staple",
		"correcthorsebatterystaple",
		"mountain lamp river",
		"kaffeetasse blau",
		"gato mesa luna",
		"猫机桌月天地山水火木金土",
		"x7Gq-pT2m-Wz9k",
		"blue banana ladder", // with "ana" in it
		"callbook lamp river staple",
		"🦊 lamp 🌍 river",
		" leading and trailing ",
		strings.Repeat("x7Gq-pT2m-Wz9k", 2),  // long enough without its repetition
		strings.Repeat("x7Gq-pT2m-Wz9k", 73), // 1022 bytes
	} {
		if err := Check(text, "ana.lopez@example.org", "Ana López", "Callbook"); err != nil {
			t.Errorf("Check(%q) = %v", text, err)
		}
	}
}

func TestLengthIsCountedInCharacters(t *testing.T) {
	want := Refusal("Use at least 12 characters: this password has 11.")
	if got := Check("пятьбуквдва"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	// A combining accent is part of its letter: this text has 11 characters, not 12.
	if got := Check("e\u0301levenchars"); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestRefusalsRepeatNothingOfThePassword(t *testing.T) {
	for _, text := range []string{"s3cret", "password1234", "callbook-2026", strings.Repeat("s3cret", 2), "s3cret\x00s3cret"} {
		if err := Check(text, "Callbook"); err == nil || strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("Check(%q) = %v", text, err)
		}
	}
}

func TestPeriodIsTheLeastRepetition(t *testing.T) {
	got := map[string]int{}
	want := map[string]int{"a": 1, "aa": 1, "ab": 2, "abab": 2, "ababa": 2, "abcab": 5, "abcabc": 3, "aab": 3, "aabaab": 3}
	for text := range want {
		got[text] = period([]rune(text))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLongTextCostsNoMoreThanItsBeginning(t *testing.T) {
	long := []rune(strings.Repeat("aB3$", MaxBytes/4))
	if got, want := guesses(long, nil), guesses(long[:maxScoredRunes], nil); got != want {
		t.Errorf("the whole text withstands %g guesses, its prefix %g", got, want)
	}
}

func BenchmarkCheck(b *testing.B) {
	for name, text := range map[string]string{
		"phrase":  "correct horse battery staple",
		"random":  "nfaL58rm3ldmbghAAtAj2mUS7l8GkeZ6tQ4kPYH",
		"longest": strings.Repeat("4@8({[<3&96061!7|0$57+%2", 40),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				_ = Check(text, "ana.lopez@example.org", "Callbook")
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	for _, text := range []string{"", "password1234", "ыыыыыыыыыыыы", "€€€€€€€€€€€€x", "4@8({[<3&96061!7", "11/25/2026 25.11.26", "a\u0301\u0301\u0301", "\xff"} {
		f.Add(text, "ana@example.org")
	}
	f.Fuzz(func(t *testing.T, text, about string) {
		if Check(text, about) == nil && len([]rune(text)) < MinLength {
			t.Errorf("Check(%q) = nil", text)
		}
	})
}
