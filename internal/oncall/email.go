package oncall

import (
	"cmp"
	"net/mail"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Limits of an email address: in bytes for the local part, a label and the domain (RFC
// 5321, RFC 1035), in characters for the whole address (the service model).
const (
	maxLocalBytes  = 64
	maxLabelBytes  = 63
	maxDomainBytes = 253
	MaxEmailLen    = 320
)

// parseEmail parses an address without a display name. It is valid only if net/mail, the
// validator and the rules for domain names accept it.
func parseEmail(e AddressInput) (AddressCheck, *FieldError) {
	text := e.Text
	if e.Typed {
		text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	}
	local, domain, refusal := bareEmail(text)
	if refusal != nil {
		return AddressCheck{}, refusal
	}
	ascii, ok := ASCIIDomain(domain)
	if !ok {
		return AddressCheck{}, refuse(NoDomain, domain+" is not a valid domain: check the part after the @.")
	}
	check := AddressCheck{Address: Address{Given: text, Canonical: withoutCase(local) + "@" + ascii}, Shown: text}
	if e.Typed {
		check.Warnings = emailWarnings(local, readableDomain(ascii), check.Canonical)
	}
	return check, nil
}

// emailWarnings returns the warnings about an address that may be mistyped or made to look
// like another one.
func emailWarnings(local, domain, canonical string) []FieldError {
	words := append(strings.Split(domain, "."), lettersOf(norm.NFC.String(local))...)
	if scripts := mixedScripts(words); scripts != nil {
		w := warn(MixedScripts, canonical, "This address mixes "+strings.Join(scripts, " and ")+
			" letters in one word, as look-alike addresses do: type it again, letter by letter.")
		w.Suggestion = latinMeant(local, domain)
		return []FieldError{w}
	}
	meant := domainMeant(domain)
	if meant == "" {
		return nil
	}
	w := warn(Misspelt, canonical, "Did you mean "+local+"@"+meant+"?")
	w.Suggestion = local + "@" + meant
	return []FieldError{w}
}

// latinMeant returns the address of Latin letters that a mixed one looks like, or "".
func latinMeant(local, domain string) string {
	local, domain = inLatin(norm.NFC.String(local)), inLatin(domain)
	if mixedScripts(append(strings.Split(domain, "."), lettersOf(local)...)) != nil {
		return ""
	}
	return local + "@" + cmp.Or(domainMeant(domain), domain)
}

// bareEmail splits an address at its @.
func bareEmail(text string) (local, domain string, refusal *FieldError) {
	at := strings.LastIndexByte(text, '@')
	switch {
	case text == "":
		return "", "", refuse(Required, "Enter the email address, for example ana@example.org.")
	case utf8.RuneCountInString(text) > MaxEmailLen:
		return "", "", refuse(TooLong, "Use an email address of at most 320 characters.")
	case !utf8.ValidString(text), strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError || isBlank(r) }):
		return "", "", refuse(NotPlain, "Type the email address again: it contains a character that cannot be printed.")
	case strings.ContainsAny(text, `<>()",; `), strings.HasPrefix(text, "mailto:"):
		return "", "", refuse(NotBare, "Write the address alone, without a name, quotes, brackets or spaces, for example ana@example.org.")
	case at < 0:
		return "", "", refuse(NotPlain, "Write the email address with an @, for example ana@example.org.")
	}
	local, domain = text[:at], text[at+1:]
	switch {
	case local == "":
		return "", "", refuse(NotPlain, "Write the part before the @ too, for example ana@example.org.")
	case strings.Contains(local, "@"):
		return "", "", refuse(NotPlain, "Write the email address with one @ only, for example ana@example.org.")
	case len(local) > maxLocalBytes, len(withoutCase(local)) > maxLocalBytes:
		return "", "", refuse(TooLong, "Use at most 64 characters before the @, or fewer when they have accents or are not Latin.")
	case isIP(domain):
		return "", "", refuse(NoDomain, "Write a domain after the @, not an IP address, for example ana@example.org.")
	case !strings.Contains(domain, "."):
		return "", "", refuse(NoDomain, "Write the whole domain after the @, for example ana@example.org.")
	}
	parsed, err := mail.ParseAddress(text)
	if err != nil || parsed.Name != "" || parsed.Address != text || validate.Var(text, "email") != nil {
		return "", "", refuse(NotPlain, "Check the email address for a dot or another character in the wrong place: it should look like ana@example.org.")
	}
	return local, domain, nil
}

// isIP reports whether a domain is an IP address, in brackets or bare.
func isIP(domain string) bool {
	if strings.HasPrefix(domain, "[") {
		return true
	}
	_, err := netip.ParseAddr(domain)
	return err == nil
}

// wellKnown are the domains that typing errors are compared with.
var wellKnown = []string{
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com",
	"icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com", "fastmail.com", "zoho.com",
	"gmx.de", "gmx.net", "gmx.com", "web.de", "t-online.de", "posteo.de", "mail.com", "mail.ru", "yandex.ru",
	"hotmail.co.uk", "yahoo.co.uk", "btinternet.com", "orange.fr", "free.fr", "laposte.net", "wanadoo.fr",
	"hotmail.fr", "yahoo.fr", "libero.it", "hotmail.it", "yahoo.it", "hotmail.de", "outlook.de", "yahoo.de",
	"gmx.at", "gmx.ch", "comcast.net", "verizon.net", "att.net", "qq.com", "163.com", "126.com", "rediffmail.com",
}

// minTypoLen is the shortest domain in which one wrong letter is more likely a typing
// error than another domain: live.com and love.com both exist.
const minTypoLen = len("gmail.com")

// tldTypos maps top-level domains that do not exist to the ones that were meant.
var tldTypos = map[string]string{
	"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com", "xom": "com", "cpm": "com",
	"nte": "net", "ner": "net", "ogr": "org", "orgg": "org", "dee": "de",
}

// neighbours are real domains that are one typing error away from a well-known one.
var neighbours = []string{"email.com", "cloud.com"}

// domainMeant returns the domain that was probably meant, or "" if the given one has no
// known typing error.
func domainMeant(domain string) string {
	if slices.Contains(wellKnown, domain) || slices.Contains(neighbours, domain) {
		return ""
	}
	if name, tld := cutTLD(domain); tldTypos[tld] != "" {
		return cmp.Or(domainMeant(name+tldTypos[tld]), name+tldTypos[tld])
	}
	for _, known := range wellKnown {
		if len(known) >= minTypoLen && oneTypo(domain, known) && !otherCountry(domain, known) {
			return known
		}
	}
	return ""
}

// otherCountry reports whether a domain differs from a known one only in its country:
// hotmail.be and hotmail.de both exist. It reports false for a known domain in .com,
// where .co, .cm and .om are typing errors.
func otherCountry(domain, known string) bool {
	knownName, knownTLD := cutTLD(known)
	name, tld := cutTLD(domain)
	return name == knownName && knownTLD != "com" && supported(strings.ToUpper(tld))
}

// cutTLD splits a domain after its last dot.
func cutTLD(domain string) (name, tld string) {
	dot := strings.LastIndexByte(domain, '.')
	return domain[:dot+1], domain[dot+1:]
}

// oneTypo reports whether two texts differ by one added, missing, wrong or swapped letter.
func oneTypo(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	switch len(b) - len(a) {
	case 0:
		if a[i+1:] == b[i+1:] {
			return true
		}
		return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}

// maskEmail keeps the first letter and the domain, in its Unicode form. It hides a local
// part of one letter.
func maskEmail(local, domain string) string {
	domain = readableDomain(domain)
	first, size := utf8.DecodeRuneInString(local)
	if size == len(local) {
		return "•••@" + domain
	}
	return string(first) + "•••@" + domain
}
