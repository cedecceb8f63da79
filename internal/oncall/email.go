package oncall

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Limits of an email address, in octets for the local part (RFC 5321) and in
// characters for the whole (the service model).
const (
	longestLocal = 64
	longestEmail = 320
)

// parseEmail reads a bare address: net/mail, the validator and the rules for
// domain names must agree that it is one.
func parseEmail(e entry) (AddressCheck, *FieldError) {
	text := e.text
	if e.typed {
		text = strings.TrimSpace(text)
	}
	local, domain, refusal := bareEmail(text)
	if refusal != nil {
		return AddressCheck{}, refusal
	}
	ascii, err := idna.Lookup.ToASCII(strings.ToLower(domain))
	if err != nil || len(ascii) > 253 {
		return AddressCheck{}, refuse(NoDomain, "No domain can be called "+domain+": check the part after the @.")
	}
	canonical := strings.ToLower(local) + "@" + ascii
	check := AddressCheck{Address: Address{Given: text, Canonical: canonical}, Shown: text}
	if meant := domainMeant(ascii); e.typed && meant != "" {
		w := warn(Misspelt, canonical, "Did you mean "+local+"@"+meant+"?")
		w.Suggestion = local + "@" + meant
		check.Warnings = []FieldError{w}
	}
	return check, nil
}

// bareEmail takes an address apart at its @, or says why it is none.
func bareEmail(text string) (local, domain string, refusal *FieldError) {
	at := strings.LastIndexByte(text, '@')
	switch {
	case text == "":
		return "", "", refuse(Required, "Enter the email address, for example ana@example.org.")
	case utf8.RuneCountInString(text) > longestEmail:
		return "", "", refuse(TooLong, "An email address has at most 320 characters.")
	case !utf8.ValidString(text), strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }):
		return "", "", refuse(NotPlain, "The email address holds a character that cannot be printed: type it afresh.")
	case strings.ContainsAny(text, `<>()",;`), strings.HasPrefix(text, "mailto:"), strings.Contains(text, " "):
		return "", "", refuse(NotBare, "Give the address alone, without a name, quotes, brackets or spaces, for example ana@example.org.")
	case at < 0:
		return "", "", refuse(NotPlain, "An email address has an @ in the middle, for example ana@example.org.")
	}
	local, domain = text[:at], text[at+1:]
	parsed, err := mail.ParseAddress(text)
	switch {
	case local == "" || strings.Contains(local, "@"):
		return "", "", refuse(NotPlain, "An email address has something before its one @, for example ana@example.org.")
	case len(local) > longestLocal:
		return "", "", refuse(TooLong, "The part before the @ has at most 64 characters.")
	case strings.HasPrefix(domain, "["):
		return "", "", refuse(NoDomain, "Give a domain, not an IP address, for example ana@example.org.")
	case !strings.Contains(domain, "."):
		return "", "", refuse(NoDomain, "Give the whole domain after the @, for example example.org.")
	case err != nil, parsed.Name != "", parsed.Address != text, validate.Var(text, "email") != nil:
		return "", "", refuse(NotPlain, "This is not an email address: it looks like ana@example.org.")
	}
	return local, domain, nil
}

// wellKnown are the domains for which a misspelling is worth asking about.
var wellKnown = []string{
	"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "ymail.com",
	"icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com", "fastmail.com", "zoho.com",
	"gmx.de", "gmx.net", "gmx.com", "web.de", "t-online.de", "posteo.de", "mail.com", "mail.ru", "yandex.ru",
	"hotmail.co.uk", "yahoo.co.uk", "btinternet.com", "orange.fr", "free.fr", "laposte.net", "wanadoo.fr",
	"hotmail.fr", "yahoo.fr", "libero.it", "hotmail.it", "yahoo.it", "hotmail.de", "outlook.de", "yahoo.de",
	"gmx.at", "gmx.ch", "comcast.net", "verizon.net", "att.net", "qq.com", "163.com", "126.com", "rediffmail.com",
}

// shortest is the length from which one wrong letter is more likely a slip than
// another domain: live.com and love.com both exist.
const shortest = len("gmail.com")

// wrongEnds are top-level domains that do not exist and what was meant.
var wrongEnds = map[string]string{
	"con": "com", "cmo": "com", "ocm": "com", "comm": "com", "vom": "com", "xom": "com", "cpm": "com",
	"nte": "net", "ner": "net", "ogr": "org", "orgg": "org", "dee": "de",
}

// domainMeant returns the domain that was probably meant, or "" when the given
// one is well known or unlike any that is.
func domainMeant(domain string) string {
	for _, known := range wellKnown {
		if domain == known {
			return ""
		}
	}
	if dot := strings.LastIndexByte(domain, '.'); wrongEnds[domain[dot+1:]] != "" {
		domain = domain[:dot+1] + wrongEnds[domain[dot+1:]]
		if meant := domainMeant(domain); meant != "" {
			return meant
		}
		return domain
	}
	for _, known := range wellKnown {
		if len(known) >= shortest && oneSlip(domain, known) {
			return known
		}
	}
	return ""
}

// oneSlip reports whether one letter too many, too few, wrong or two swapped
// make one text of the other.
func oneSlip(a, b string) bool {
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

// maskEmail keeps the first letter and the domain; of a local part of one
// letter it keeps nothing.
func maskEmail(local, domain string) string {
	first, size := utf8.DecodeRuneInString(local)
	if size == len(local) {
		return "•••@" + domain
	}
	return string(first) + "•••@" + domain
}
