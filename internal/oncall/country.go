package oncall

import (
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/unicode/norm"
)

// CountryMeant returns the ISO 3166 code of the country that a text names in another way:
// by its name in English or in a language of the country, by a code of three letters, by
// its calling code, or by a usual abbreviation such as UK. It returns "" if the text names
// no country, and for a code that is right already.
func CountryMeant(text string) string {
	name := countryKey(text)
	if supported(strings.ToUpper(strings.TrimSpace(text))) || name == "" {
		return ""
	}
	if code, ok := countryNames()[name]; ok {
		return code
	}
	if supported(strings.ToUpper(name)) { // as in D.E.
		return strings.ToUpper(name)
	}
	if calling, err := strconv.Atoi(strings.TrimPrefix(name, "00")); err == nil {
		return mainCountry(calling)
	}
	if region, err := language.ParseRegion(name); err == nil && len(name) == 3 && supported(region.String()) {
		return region.String()
	}
	return ""
}

// mainCountry returns the country with a calling code, or "" if several share it.
func mainCountry(calling int) string {
	if regions := phonenumbers.GetRegionCodesForCountryCode(calling); len(regions) == 1 && supported(regions[0]) {
		return regions[0]
	}
	return ""
}

// countryKey returns the letters and digits of the name of a country, by which two
// spellings of it are the same.
func countryKey(text string) string {
	key := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1 // accents too, which are characters of their own in NFD
	}, norm.NFD.String(text))
	if len(key) > len("the")+3 {
		key = strings.TrimPrefix(key, "the")
	}
	return key
}

// usualNames are names of countries that the tables of Unicode do not have.
var usualNames = map[string]string{
	"uk": "GB", "greatbritain": "GB", "britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "northernireland": "GB",
	"usa": "US", "america": "US", "unitedstatesofamerica": "US", "holland": "NL", "czechrepublic": "CZ", "eire": "IE", "brd": "DE",
	"oesterreich": "AT", "southkorea": "KR", "korea": "KR", "northkorea": "KP", "uae": "AE", "emirates": "AE", "turkey": "TR", "burma": "MM", "ivorycoast": "CI",
	"macedonia": "MK", "northmacedonia": "MK", "swaziland": "SZ", "eswatini": "SZ", "vatican": "VA", "hongkong": "HK", "macau": "MO", "el": "GR", "bosnia": "BA",
	"trinidad": "TT", "russianfederation": "RU", "republicofireland": "IE", "drc": "CD", "prc": "CN", "roc": "TW",
}

// countryNames are the countries by their names.
var countryNames = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	add := func(name, code string) {
		if key := countryKey(name); key != "" && names[key] == "" {
			names[key] = code
		}
	}
	for _, c := range Countries() {
		add(c.Name, c.Code)
	}
	for name, code := range usualNames {
		add(name, code)
	}
	widely := []language.Tag{language.German, language.French, language.Spanish, language.Italian, language.Portuguese, language.Dutch}
	for _, c := range Countries() {
		region, err := language.ParseRegion(c.Code)
		if err != nil {
			continue
		}
		own, _ := language.Compose(language.Und, region)
		base, _ := own.Base() // the language that most people there write
		for _, tag := range append(widely, language.Make(base.String())) {
			if in := display.Regions(tag); in != nil {
				add(in.Name(region), c.Code)
			}
		}
	}
	return names
})
