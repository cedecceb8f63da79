package transfer_test

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

// The two contacts that most of these files name.
var (
	bothAdded  = []string{"ana adds the contact", "bo adds the contact"}
	phoneAdded = []string{"ana adds the contact and an SMS channel"}
)

// withoutLines returns the results of a dry run without the numbers of the lines.
func withoutLines(t *testing.T, w *oncalltest.World, text string) []string {
	t.Helper()
	got, _ := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, text)
	for i, line := range got {
		_, got[i], _ = strings.Cut(line, " ")
	}
	return got
}

func TestTablesOfSpreadsheetsAreRead(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	for name, text := range map[string]string{
		"rows that end in separators":           "alias,name\nana,Ana,,,\nbo,Bo,\n",
		"one of semicolons":                     "alias;name\nana;Ana;;;;\nbo;Bo;\n",
		"blanks in the cells without a name":    "alias,name\nana,Ana, ,\t,\"\"\nbo,Bo\n",
		"columns without a name":                "alias,,name,,\nana,,Ana,,\nbo,,Bo,,,,,\n",
		"rows that are too short":               "name,alias\nAna,ana\n,bo\n",
		"a blank first line":                    "\nalias,name\nana,Ana\nbo,Bo\n",
		"one with semicolons":                   "\nalias;name\nana;Ana\nbo;Bo\n",
		"one of semicolons only":                ";;;\nalias;name;;\nana;Ana;;\nbo;Bo;;\n",
		"one of tabs":                           "\t\t\nalias\tname\nana\tAna\nbo\tBo\n",
		"several with blanks":                   "\r\n  \r\n\t\r\n;;\r\nalias;name\r\nana;Ana\r\nbo;Bo\r\n",
		"one of quotes":                         "\"\",\"\"\nalias,name\nana,Ana\nbo,Bo\n",
		"blank lines after a byte order mark":   "\ufeff\n\nalias;name\nana;Ana\nbo;Bo\n",
		"sep=;":                                 "sep=;\nalias;name\nana;Ana\nbo;Bo\n",
		"sep=, and a byte order mark":           "\ufeffsep=,\r\nalias,name\r\nana,Ana\r\nbo,Bo\r\n",
		"sep= and a tab":                        "sep=\t\nalias\tname\nana\tAna\nbo\tBo\n",
		`sep=\t`:                                "sep=\\t\nalias\tname\nana\tAna\nbo\tBo\n",
		"sep= in quotes":                        "\"sep=;\"\r\nalias;name\r\nana;Ana\r\nbo;Bo\r\n",
		"SEP=":                                  "SEP=|\nalias|name\nana|Ana\nbo|Bo\n",
		"sep=; that was saved with commas":      "sep=;,,\nalias,name,\nana,Ana,\nbo,Bo,\n",
		"sep=; after a blank line":              "\nsep=;\n\nalias;name\nana;Ana\nbo;Bo\n",
		"sep=; before more commas":              "sep=;\nalias;name\nana;\"Ana\"\nbo;Bo\n",
		"vertical bars":                         "alias|name\nana|Ana|\nbo|Bo|\n",
		"tabs":                                  "alias\tname\nana\tAna\t\t\nbo\tBo\n",
		"a tab beside a quote":                  "alias\tname\nana\t\"Ana\"\t\nbo\t \"Bo\"\t\n",
		"LF without an end":                     "alias,name\nana,Ana\nbo,Bo",
		"CR LF":                                 "alias,name\r\nana,Ana\r\nbo,Bo\r\n",
		"CR CR LF":                              "alias,name\r\r\nana,Ana\r\r\nbo,Bo\r\r\n",
		"CR":                                    "alias,name\rana,Ana\rbo,Bo\r",
		"CR without an end":                     "alias,name\rana,Ana\rbo,Bo",
		"mixed ends":                            "alias,name\r\nana,Ana\rbo,Bo\n",
		"CR CR LF and quotes":                   "\"alias\",\"name\"\r\r\n\"ana\",\"Ana\"\r\r\n\"bo\",\"Bo\"\r\r\n",
		"blank lines at the end":                "alias,name\nana,Ana\nbo,Bo\n\n\r\n,,\n  \n",
		"names of columns in capitals, blanks":  " ALIAS , \"Name\" \nana,Ana\nbo,Bo\n",
		"blanks around quotes":                  "alias, name\nana, \"Ana\" \n\"bo\" ,Bo\n",
		"texts in formulas":                     "alias,name\n=\"ana\",\"=\"\"Ana\"\"\"\nbo,=\"Bo\"\n",
		"a cell of two lines that ends in one":  "alias,name\nana,\"Ana\n\"\nbo,Bo\n",
		"quotes that are doubled for no reason": "alias,name\n\"\"\"\"ana,x\n=\"\"ana\"\",Ana\nbo,Bo\n",
	} {
		want := bothAdded
		if strings.Contains(name, "doubled for no reason") {
			want = []string{" is refused; : Text follows the closing quote of a value: put the whole value in quotes, and write a quote within it twice.", bothAdded[0], bothAdded[1]}
		}
		oncalltest.Same(t, name, want, withoutLines(t, w, text))
	}
}

// A file of one column has commas between its values. There is one value a row, so that any
// other is one too many.
func TestOneColumnIsFollowedByCommas(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	oncalltest.Same(t, "commas", bothAdded, withoutLines(t, w, "alias\nana,,\nbo\n"))
	const tooMany = " is refused; : This row has 2 values, and the first line names 1 columns: put a value that holds a separator in quotes."
	oncalltest.Same(t, "a value too many", []string{"ana" + tooMany, "bo adds the contact"}, withoutLines(t, w, "alias\nana,Ana\nbo,\n"))
	for _, other := range []string{";", "\t", "|"} {
		got := withoutLines(t, w, "alias\nana"+other+"Ana\n")
		if len(got) != 1 || !strings.Contains(got[0], "is refused; alias: Use only lower-case letters") {
			t.Errorf("%q: got %q", other, got)
		}
	}
}

func TestValueWithoutAColumnNameIsRefused(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	for text, want := range map[string]string{
		"alias,name\nana,Ana,x\n":          "This row has 3 values, and the first line names 2 columns",
		"alias,name\nana,Ana,,,x\n":        "This row has 5 values, and the first line names 2 columns",
		"alias,name,,\nana,Ana,,x\n":       "This row has 4 values, and the first line names 2 columns",
		"alias,,name\nana,x,Ana\n":         "This row has a value in column 2, which has no name in the first line",
		",alias\nx,ana\n":                  "This row has a value in column 1, which has no name",
		"alias;name\nana;Ana;;0\n":         "This row has 4 values",
		"alias\tname\nana\tAna\t\" x \"\n": "This row has 3 values",
		"sep=|\nalias|name\nana|Ana|-|\n":  "This row has 3 values",
	} {
		got := withoutLines(t, w, text)
		if len(got) != 1 || !strings.HasPrefix(got[0], "ana is refused; : "+want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestTextFormulasAndApostrophesAreReadAsTheirText(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	for _, cell := range []string{`="+12065550100"`, `"=""+12065550100"""`, `=""+12065550100""`, `= "+12065550100"`, `" =""+1 206 555 0100"" "`, `'+12065550100`,
		`"'+12065550100"`, `="'+12065550100"`, `"=""=""""+12065550100"""""""`, `="001 206 555 0100"`} {
		oncalltest.Same(t, cell, phoneAdded, withoutLines(t, w, "alias,type,channel,address\nana,SMS,mobile,"+cell+"\n"))
		oncalltest.Same(t, cell, phoneAdded, withoutLines(t, w, "alias;type;channel;address\nana;SMS;mobile;"+cell+";;\n"))
	}
	for cell, want := range map[string]string{
		`=HYPERLINK("mailto:ana@example.org")`: "The value under “address” is a formula, because it begins with =: write its result there.",
		`=+12065550100`:                        "The value under “address” is a formula",
		`=A1&"@example.org"`:                   "The value under “address” is a formula",
		`"=CONCAT(""+1"",B2)"`:                 "The value under “address” is a formula",
	} {
		for _, kind := range []string{"SMS", "EMAIL"} {
			got := withoutLines(t, w, "alias;type;channel;address\nana;"+kind+";n;"+cell+"\n")
			if len(got) != 1 || !strings.HasPrefix(got[0], "ana is refused; address: ") || !strings.Contains(got[0], "; : "+want) {
				t.Errorf("%s: got %q, want %q", cell, got, want)
			}
		}
	}
	if got := withoutLines(t, w, "alias,name\n=A2,Ana\n"); len(got) != 1 || !strings.Contains(got[0], "under “alias” is a formula") {
		t.Errorf("got %q", got)
	}
	oncalltest.Same(t, "an address that begins with =", []string{"ana adds the contact and an email channel"}, withoutLines(t, w, "alias,type,channel,address\nana,EMAIL,m,=ana@example.org\n"))
}

// A wrong quote refuses its own row and no other.
func TestRowsAfterAWrongQuoteAreRead(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const (
		follows   = "is refused; : Text follows the closing quote of a value: put the whole value in quotes, and write a quote within it twice."
		notClosed = "is refused; : A value begins with a quote and none closes it: add the closing quote, or delete the opening one."
		inName    = "ana is refused; name: Write the name without “\"”: use letters, digits, spaces, dots, hyphens and underscores."
	)
	after := bothAdded[1]
	for text, want := range map[string][]string{
		`ana,Ana "Annie" Silva` + "\nbo,Bo\n":                           {inName, after},
		`ana,"Ana ""Annie"" Silva"` + "\nbo,Bo\n":                       {inName, after},
		`ana,"Ana "Annie" Silva"` + "\nbo,Bo\n":                         {" " + follows, after},
		`ana,"Ana" Silva` + "\nbo,Bo\n":                                 {" " + follows, after},
		`ana,"Ana` + "\nbo,Bo\n":                                        {" " + notClosed, after},
		`ana,"` + "\nbo,Bo\n":                                           {" " + notClosed, after},
		`ana,Ana"` + "\nbo,Bo\n":                                        {inName, after},
		`"ana,Ana` + "\nbo,\"Bo\"\n":                                    {" " + notClosed, after},
		`ana,"Ana` + "\nbo,\"Bo\"\ncy,Cy\n":                             {" " + notClosed, after, "cy adds the contact"},
		`ana,"Ana` + "\r\r\nbo,Bo\r\r\n":                                {" " + notClosed, after},
		`ana,"Ana` + "\nbo,Bo\n" + strings.Repeat("cy,Cy\n", 20_000):    nil,
		"ana,\"Ana\nSilva\"\nbo,Bo\n":                                   {"ana is refused; name: Write the name without line breaks: use letters, digits, spaces, dots, hyphens and underscores.; : Lines 2 to 3 were read as one row, because a quote opens in line 2 and the next one closes it in line 3.", after},
		"ana,\"Ana\ncy,Cy\ndee,Dee\neve,\"\nbo,Bo\n":                    {"ana is refused; name: Write the name without line breaks: use letters, digits, spaces, dots, hyphens and underscores.; : Lines 2 to 5 were read as one row, because a quote opens in line 2 and the next one closes it in line 5.", after},
		"ana,\"Ana\ncy,\"Cy\"\ndee,\"Dee\nbo,Bo\n":                      {" " + notClosed, "cy adds the contact", " " + notClosed, after},
		"ana,\"" + strings.Repeat("x", 60_000) + "\nbo,Bo\ncy,\"Cy\"\n": {" " + notClosed, after, "cy adds the contact"},
	} {
		got := withoutLines(t, w, "alias,name\n"+text)
		if want == nil { // the quote is not closed within the largest size of a row
			if len(got) != 20_002 || got[0] != " "+notClosed || got[1] != after || got[2] != "cy adds the contact" {
				t.Errorf("got %d rows, the first are %q", len(got), got[:3])
			}
			continue
		}
		oncalltest.Same(t, text[:min(len(text), 60)], want, got)
	}
	got, _ := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, "\n\nalias,name\r\r\n\"x\ry\",\nana,\"Ana\nbo,Bo\n")
	oncalltest.Same(t, "lines", []string{"4 x", "6 ", "7 b"}, []string{got[0][:3], got[1][:2], got[2][:3]})
}

// encoded returns a text in UTF-16.
func encoded(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, unit)
	}
	return string(b)
}

func encoded32(order binary.AppendByteOrder, text string) string {
	var b []byte
	for _, r := range text {
		b = order.AppendUint32(b, uint32(r))
	}
	return string(b)
}

func TestEncodingsAndInvisibleCharactersAreNamed(t *testing.T) {
	const people = "alias,name\nana,Ána 王\n"
	for text, want := range map[string]string{
		encoded(binary.LittleEndian, "\ufeff"+people):                        "This file is not text in UTF-8 but in UTF-16: in a spreadsheet, save",
		encoded(binary.BigEndian, "\ufeff"+people):                           "This file is not text in UTF-8 but in UTF-16:",
		encoded(binary.LittleEndian, people):                                 "This file is not text in UTF-8 but in UTF-16:",
		encoded(binary.BigEndian, people):                                    "This file is not text in UTF-8 but in UTF-16:",
		encoded(binary.LittleEndian, "\r\n\r\n"+people):                      "This file is not text in UTF-8 but in UTF-16:",
		encoded(binary.LittleEndian, "\ufeffsep=;\r\nalias;name\r\nana;Ana"): "This file is not text in UTF-8 but in UTF-16:",
		encoded(binary.LittleEndian, "\ufeff{\"alias\":\"ana\"}\r\n"):        "This file is not text in UTF-8 but in UTF-16:",
		encoded(binary.BigEndian, "alias"):                                   "This file is not text in UTF-8 but in UTF-16:",
		encoded32(binary.LittleEndian, "\ufeff"+people):                      "This file is not text in UTF-8 but in UTF-32:",
		encoded32(binary.BigEndian, people):                                  "This file is not text in UTF-8 but in UTF-32:",
		"\ufeff\ufeff" + people:                                              "This file begins with more than one byte order mark (U+FEFF), which is invisible:",
		"\ufeff\n\ufeff" + people:                                            "The first line names a column “\\ufeffalias” with an invisible character, U+FEFF (byte order mark): delete",
		"\u200balias,name\n":                                                 "The first line names a column “\\u200balias” with an invisible character, U+200B (zero width space):",
		"alias\u200e,name\n":                                                 "The first line names a column “alias\\u200e” with an invisible character, U+200E (left-to-right mark):",
		"ali\u00adas,name\n":                                                 "with an invisible character, U+00AD (soft hyphen):",
		"alias,na\u2060me\n":                                                 "with an invisible character, U+2060 (word joiner):",
		"alias,\u202ename\n":                                                 "with an invisible character, U+202E:",
		"alias;na\u3164me\n":                                                 "with an invisible character, U+3164 (Hangul filler):",
		"alias,na\x1b[31mme\n":                                               "The first line names a column “na\\u001b[31mme” with an invisible character, U+001B:",
		"alias,na\tme\n":                                                     "with an invisible character, U+0009 (tab):",
		"alias,\"na\nme\"\n":                                                 "with an invisible character, U+000A (line break):",
		"alias,n\xe4me\n":                                                    "This file is not text in UTF-8 but probably in Windows-1252, in which Excel saves what it calls “CSV”: in a spreadsheet, save",
		"alias,\x81\x8d\n":                                                   "This file is not text in UTF-8: in a spreadsheet, save",
		"alias,na\x00me\n":                                                   "This file is not text in UTF-8: in a spreadsheet, save",
		"sep=:\nalias:name\n":                                                "The line “sep=:” names a separator that is not known here: use a comma, a semicolon, a tab or a vertical bar.",
		"sep=\nalias,name\n":                                                 "The line “sep=” names a separator that is not known here:",
		"alias,name,\"Name \"\n":                                             "The first line names the column “name” twice: take one of them out.",
		"\n;;\n":                                                             "This file is empty:",
		"sep=;\n":                                                            "This file is empty:",
	} {
		_, err := transfer.NewFile(strings.NewReader(text))
		if oncall.KindOf(err) != oncall.Invalid || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestCharactersThatRefuseARowAreNamed(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const windows = "This row is not text in UTF-8 but probably in Windows-1252, in which Excel saves what it calls “CSV”, and other rows may have lost letters"
	for row, want := range map[string]string{
		"ana,Jos\xe9,,,,":                        windows,
		"ana,M\xfcller-L\xfcdenscheidt,,,,":      windows,
		"ana,\x93Ana\x94,,,,":                    windows,
		"ana,\xe9,,,,":                           windows,
		"ana,\x83\x84\x81\x8d\x83\x89,,,,":       "This row is not text in UTF-8, and other rows may have lost letters",
		"ana\u200b,Ana,,,,":                      "The value under “alias” holds an invisible character, U+200B (zero width space): delete that character.",
		"\ufeffana,Ana,,,,":                      "The value under “alias” holds an invisible character, U+FEFF (byte order mark)",
		"ana,A\x00na,,,,":                        "The value under “name” holds an invisible character, U+0000 (null)",
		"ana,\u202eAna,,,,":                      "The value under “name” holds an invisible character, U+202E",
		"ana,Ana,SMS\u200e,m,+12065550100,":      "The value under “type” holds an invisible character, U+200E (left-to-right mark)",
		"ana,Ana,SMS,m\x7f,+12065550100,":        "The value under “channel” holds an invisible character, U+007F",
		"ana,Ana,SMS,m,206 555 0100,U\u00adS":    "The value under “country” holds an invisible character, U+00AD (soft hyphen)",
		"\x1b[31mana,Ana,,,,":                    "The value under “alias” holds an invisible character, U+001B",
		"\u3164,Ana,,,,":                         "The value under “alias” holds an invisible character, U+3164 (Hangul filler)",
		"ana,Ana,SMS,m,\"+1 206\n555 0100\nx\",": "Lines 2 to 4 were read as one row",
	} {
		got := withoutLines(t, w, "alias,name,type,channel,address,country\n"+row+"\nbo,Bo\n")
		if len(got) != 2 || !strings.Contains(got[0], " is refused; ") || !strings.Contains(got[0], "; : "+want) || got[1] != bothAdded[1] {
			t.Errorf("%q: got %q, want %q", row, got, want)
		}
	}
	// Marks around a copied number are no mistake.
	oncalltest.Same(t, "number", phoneAdded, withoutLines(t, w, "alias,type,channel,address\nana,SMS,m,\u202a+1 206 555 0100\u202c\n"))
}

func TestCountriesInAnotherWritingNameTheirCode(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	for country, want := range map[string]string{
		"UK": "write GB.", "Germany": "write DE.", "deutschland": "write DE.", "U.S.": "write US.", "USA": "write US.", "+49": "write DE.", "Österreich": "write AT.",
		"Atlantis": "write two letters, such as DE, GB or US (ISO 3166).", "XX": "write two letters",
	} {
		got := withoutLines(t, w, fmt.Sprintf("alias,type,channel,address,country\nana,SMS,m,+12065550100,%s\n", country))
		if len(got) != 1 || !strings.HasPrefix(got[0], "ana is refused; country: “"+country+"” is not the code of a country: "+want) {
			t.Errorf("%s: got %q, want %q", country, got, want)
		}
	}
	for _, country := range []string{"us", " US ", `="US"`} {
		oncalltest.Same(t, country, phoneAdded, withoutLines(t, w, "alias,type,channel,address,country\nana,SMS,m,206 555 0100,"+country+"\n"))
	}
	oncalltest.Same(t, "of an email address", []string{"ana adds the contact and an email channel"},
		withoutLines(t, w, "alias,type,channel,address,country\nana,EMAIL,m,ana@example.org,UK\n"))
}

func TestNumbersThatASpreadsheetRoundedAreRefused(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	for _, number := range []string{"4.91701E+11", "4,91701E+11", "4.91701e+11", "1.20656E+10", "4.9E11", "+4.91701E+11", "'4.91701E+11", `="4.91701E+11"`, "4E+11", "4.917012345678E+11"} {
		got := withoutLines(t, w, "alias;type;channel;address;country\nana;SMS;m;"+number+";DE\n")
		if len(got) != 1 || !strings.HasPrefix(got[0], "ana is refused; address: A spreadsheet has shortened this phone number and lost digits of it: ") {
			t.Errorf("%s: got %q", number, got)
		}
	}
}
