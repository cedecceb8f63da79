package oncall_test

import (
	"strings"
	"testing"

	"callbook/internal/oncall"
)

func TestCountryInAnotherWritingHasItsCode(t *testing.T) {
	for text, want := range map[string]string{
		"UK": "GB", "uk": "GB", "U.K.": "GB", "United Kingdom": "GB", "the united kingdom": "GB", "Great Britain": "GB", "England": "GB", "GBR": "GB", "+44": "", // with Guernsey, Jersey and Man
		"Germany": "DE", "deutschland": "DE", "DEUTSCHLAND": "DE", "Allemagne": "DE", "Alemania": "DE", "DEU": "DE", "D.E.": "DE", "+49": "DE", "0049": "DE", "49": "DE",
		"U.S.": "US", "USA": "US", "U.S.A.": "US", "United States": "US", "United States of America": "US", "America": "US", "Vereinigte Staaten": "US", "+1": "",
		"Österreich": "AT", "Osterreich": "AT", "oesterreich": "AT", "O\u0308sterreich": "AT", "Schweiz": "CH", "Suisse": "CH", "Svizzera": "CH", "España": "ES", "Espana": "ES",
		"Sverige": "SE", "Suomi": "FI", "日本": "JP", "Россия": "RU", "Ελλάδα": "GR", "Holland": "NL", "The Netherlands": "NL", "Czech Republic": "CZ", "Côte d’Ivoire": "CI", "Turkey": "TR",
		"South Korea": "KR", "Hong Kong": "HK", "Niger": "NE", "Nigeria": "NG", "Brasil": "BR", "México": "MX", "EL": "GR",
		"": "", " ": "", "DE": "", "de": "", " gb ": "", "XX": "", "Atlantis": "", "Earth": "", "007": "", "\x1b[31m": "", "ana@example.org": "", "12065550100": "", strings.Repeat("9", 400): "",
	} {
		if got := oncall.CountryMeant(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

// Every name that a page shows leads to the code, and every code is one that is taken.
func TestEveryCountryIsMeantByItsName(t *testing.T) {
	for _, c := range oncall.Countries() {
		if got := oncall.CountryMeant(c.Name); got != c.Code {
			t.Errorf("%s: got %q, want %s", c.Name, got, c.Code)
		}
		if err := oncall.CheckCountries([]string{c.Code}); err != nil || oncall.CountryMeant(c.Code) != "" {
			t.Errorf("%s: %v", c.Code, err)
		}
	}
}

func TestSettingOfCountriesNamesTheCode(t *testing.T) {
	err := oncall.CheckCountries([]string{"DE", "UK", "Germany", "XX"})
	const want = "UK is not a country with phone numbers: use GB\nGermany is not a country with phone numbers: use DE\nXX is not a country with phone numbers: use two letters, such as DE, GB or US"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
