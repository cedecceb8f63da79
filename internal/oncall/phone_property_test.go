package oncall

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"
)

// nationalPrefixes are the digits that people dial before a national number, by calling
// code. They are written down here a second time, from the plans of the countries.
var nationalPrefixes = map[string]*regexp.Regexp{
	"+1": regexp.MustCompile(`^1{0,3}$`), "+7": regexp.MustCompile(`^8?$`), "+36": regexp.MustCompile(`^(0|06)*$`),
	"+375": regexp.MustCompile(`^8?0{0,2}$`), "+370": regexp.MustCompile(`^[08]*$`), "+993": regexp.MustCompile(`^8?$`), "+976": regexp.MustCompile(`^0?[12]?$`),
}

var zeros = regexp.MustCompile(`^0{0,3}$`)

// keepsDigits reports whether a stored number differs from a text by no more than
// formatting, a national prefix, the country code of the chosen country or the digits for
// dialling out. It shares no code with the parser: it compares the ends of the two texts.
func keepsDigits(e AddressInput, canonical string) bool {
	only := regexp.MustCompile(`[^0-9+]`).ReplaceAllString(e.Text, "")
	code, national := "", ""
	for end := 2; end <= 4 && end < len(canonical); end++ {
		if regions := phonenumbers.GetRegionCodesForCountryCode(number(canonical[1:end])); len(regions) > 0 {
			code, national = canonical[:end], canonical[end:]
			break
		}
	}
	prefixes := zeros
	if of, ok := nationalPrefixes[code]; ok {
		prefixes = of
	}
	rest, ok := strings.CutSuffix(only, national)
	if !ok {
		return code == "+54" && e.Typed && strings.HasPrefix(national, "9") && argentine.MatchString(only)
	}
	if !e.Typed {
		return rest == code || rest == code+"0"
	}
	if after, ok := strings.CutPrefix(rest, code); ok {
		return prefixes.MatchString(after)
	}
	if at := strings.Index(rest, code[1:]); at >= 0 && at <= 5 && prefixes.MatchString(rest[at+len(code)-1:]) {
		return true // after 00, 011 or nothing
	}
	chosen := phonenumbers.GetCountryCodeForRegion(e.Country)
	return e.Country != "" && "+"+strconv.Itoa(chosen) == code && prefixes.MatchString(rest)
}

var argentine = regexp.MustCompile(`^(\+?54|0054|01154)?0*[0-9]{2,4}15[0-9]{6,8}$`)

func TestStoredNumberHasTheDigitsThatWereTyped(t *testing.T) {
	for _, c := range []struct {
		text, country, canonical string
		typed, want              bool
	}{
		{"+1 500 555 0199", "", "+15005550199", true, true},
		{"0151 23456789", "DE", "+4915123456789", true, true},
		{"+4402079460958", "", "+442079460958", false, true},
		{"+3758105261733", "", "+375105261733", true, true}, // the oracle knows no ranges
		{"+3758105261733", "", "+375105261733", false, false},
		{"3012345678.0", "DE", "+493012345678", true, false},
		{"460 1234", "AG", "+12684601234", true, false},
		{"015 11 91234 5678", "BR", "+5511912345678", true, false},
		{"+1 206 555 0100", "", "+12065550101", true, false},
	} {
		e := AddressInput{Text: c.text, Country: c.country, Typed: c.typed}
		if got := keepsDigits(e, c.canonical); got != c.want {
			t.Errorf("oracle: %q as %s: got %t, want %t", c.text, c.canonical, got, c.want)
		}
	}
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// written returns a number of a region as somebody may write it, right or wrong.
func written(dice *rand.Rand, region string) string {
	kind := []phonenumbers.PhoneNumberType{phonenumbers.MOBILE, phonenumbers.FIXED_LINE, phonenumbers.TOLL_FREE}[dice.IntN(3)]
	example := phonenumbers.GetExampleNumberForType(region, kind)
	if example == nil {
		example = phonenumbers.GetExampleNumber(region)
	}
	text := phonenumbers.Format(example, []phonenumbers.PhoneNumberFormat{phonenumbers.E164, phonenumbers.INTERNATIONAL, phonenumbers.NATIONAL}[dice.IntN(3)])
	for range dice.IntN(3) {
		at := dice.IntN(len(text) + 1)
		switch piece := []string{"0", "1", "8", "15", " ", ".", "/", "(0)", ".0", " 9"}[dice.IntN(10)]; {
		case dice.IntN(3) > 0 || at == len(text):
			text = text[:at] + piece + text[at:]
		default:
			text = text[:at] + text[at+1:]
		}
	}
	if dice.IntN(4) == 0 {
		text = strings.TrimPrefix(text, "+")
	}
	return text
}

func TestNoNumberIsStoredWithOtherDigitsThanWereTyped(t *testing.T) {
	dice := rand.New(rand.NewPCG(14, 2)) // #nosec G404 -- the same texts in every run
	accepted := 0
	for range 60 {
		for _, c := range Countries() {
			e := AddressInput{Type: Voice, Text: written(dice, c.Code), Country: c.Code, Typed: true}
			switch dice.IntN(4) {
			case 0:
				e.Country = ""
			case 1:
				e.Country, e.Typed = "", false
				e.Text = "+" + strings.Trim(digits(e.Text), "+")
			}
			got, refusal := e.Parse()
			if refusal != nil {
				continue
			}
			accepted++
			if !keepsDigits(e, got.Canonical) {
				t.Errorf("%q (country %q, typed %t) is stored as %s", e.Text, e.Country, e.Typed, got.Canonical)
			}
		}
	}
	if accepted < 3_000 {
		t.Errorf("%d texts are accepted, want most of them to be", accepted)
	}
}
