package delivery

import (
	"net/http"
	"regexp"
	"strings"
)

// subject is what the refusal of a provider is about. It decides whether a message is tried
// again while it lives.
type subject int

// A refusal about us may be gone in a minute: a limit that is reached, a relay that does not
// know us yet, a password that somebody corrects. One about the address stays.
//
// In doubt a refusal is about us. If that is wrong, a provider refuses a message a few times
// more within the quarter of an hour or the hour that a code lives, and the channel shows
// its words from the first attempt on. If a refusal of us were taken for one of the address,
// a person could not be reached until somebody noticed.
const (
	aboutUs subject = iota
	aboutAddress
)

// mailStep is the SMTP command that was refused.
type mailStep int

const (
	atConnect   mailStep = iota // and EHLO, STARTTLS, AUTH
	atSender                    // MAIL FROM
	atRecipient                 // RCPT TO
	atData                      // DATA, and the end of the message
)

// mailReply is a reply of a mail server that refuses something.
type mailReply struct {
	code int    // RFC 5321
	text string // with the enhanced status code of RFC 3463, if there is one
	step mailStep
}

// subject returns what a reply is about. The words that leave no doubt count first, because
// servers send 5.1.1 with "sender address rejected", and 5.7.1 with "user unknown". Then
// come the enhanced code, the code, and the words that are only a hint.
func (r mailReply) subject() subject {
	class, detail := r.enhanced()
	text := strings.ToLower(addressLike.ReplaceAllString(r.text, "x"))
	switch {
	case r.code < 500, class == "4", r.step == atConnect, r.step == atSender, mailCodes[r.code] == ourMailCode, surelyAboutUs.MatchString(text):
		return aboutUs
	case surelyAboutAddress.MatchString(text):
		return aboutAddress
	}
	if known, ok := enhancedCodes[detail]; ok {
		return known
	}
	if area, _, _ := strings.Cut(detail, "."); area == "3" || area == "4" || area == "6" || area == "7" {
		// "Recipient address rejected: Access denied" with 5.4.1 is how Exchange Online says
		// that it has no such mailbox.
		if detail == "4.1" && strings.Contains(text, "recipient address rejected") {
			return aboutAddress
		}
		return aboutUs
	}
	if !probablyAboutUs.MatchString(text) && (mailCodes[r.code] == addressMailCode || probablyAboutAddress.MatchString(text)) {
		return aboutAddress
	}
	return aboutUs
}

// enhancedForm finds the enhanced status code at the beginning of a reply, also as
// "#5.1.0", and where qmail writes it: "(#5.7.1)".
var enhancedForm = regexp.MustCompile(`(?:^\s*#?|\(#)([245])\.(\d{1,3})\.(\d{1,3})\b`)

// enhanced returns the class and the detail of the enhanced status code, "5" and "1.1".
func (r mailReply) enhanced() (class, detail string) {
	found := enhancedForm.FindStringSubmatch(r.text)
	if found == nil {
		return "", ""
	}
	return found[1], found[2] + "." + found[3]
}

// enhancedCodes are the details of https://www.rfc-editor.org/rfc/rfc3463 and of the registry
// https://www.iana.org/assignments/smtp-enhanced-status-codes that leave no doubt. Of the
// areas 3 (mail system), 4 (network), 6 (content) and 7 (security and policy) only what
// stands here is about the address.
var enhancedCodes = map[string]subject{
	"1.1":   aboutAddress, // bad destination mailbox
	"1.2":   aboutAddress, // bad destination system
	"1.3":   aboutAddress, // bad destination mailbox syntax
	"1.4":   aboutAddress, // ambiguous mailbox
	"1.6":   aboutAddress, // the mailbox has moved
	"1.7":   aboutUs,      // bad sender's mailbox syntax
	"1.8":   aboutUs,      // bad sender's system
	"1.9":   aboutUs,      // relayed to a mailer that does not comply
	"1.10":  aboutAddress, // the domain takes no mail (null MX), RFC 7505
	"2.1":   aboutAddress, // mailbox disabled
	"2.2":   aboutAddress, // mailbox full
	"2.3":   aboutUs,      // message too long
	"2.4":   aboutAddress, // mailing list expansion
	"4.4":   aboutAddress, // no route: the domain does not exist
	"4.310": aboutAddress, // Exchange Online: the domain does not exist
	"5.1":   aboutUs,      // invalid command
	"5.2":   aboutUs,      // syntax error
	"5.3":   aboutUs,      // too many recipients
	"5.4":   aboutUs,      // invalid arguments
	"5.5":   aboutUs,      // wrong protocol version
	"5.6":   aboutUs,      // authentication exchange too long
	"6.7":   aboutAddress, // non-ASCII addresses are not taken there, RFC 6531
	"6.9":   aboutAddress, // UTF-8 headers are not taken there, RFC 6531
	"7.17":  aboutAddress, // the mailbox has another owner, RFC 7293
	"7.18":  aboutAddress, // the domain has another owner, RFC 7293
}

type mailCode int

const (
	ourMailCode mailCode = iota + 1
	addressMailCode
)

// mailCodes are the codes of RFC 5321 section 4.2.3, RFC 4954 and RFC 7504 that leave no
// doubt. 550, 552 and 554 do: RFC 5321 itself gives 550 for an unknown mailbox and for a
// policy.
var mailCodes = map[int]mailCode{
	500: ourMailCode, // command not recognized
	502: ourMailCode, // the server does not have this command
	503: ourMailCode, // bad sequence of commands
	521: ourMailCode, // the host takes no mail
	523: ourMailCode, // message too large
	530: ourMailCode, // authentication, or STARTTLS, required
	534: ourMailCode, // authentication mechanism too weak
	535: ourMailCode, // authentication failed
	538: ourMailCode, // encryption required for authentication
	541: ourMailCode, // taken for spam
	555: ourMailCode, // parameters of MAIL or RCPT not recognized

	551: addressMailCode, // the user is not local
	553: addressMailCode, // mailbox name not allowed; of the sender it is atSender
	556: addressMailCode, // the domain takes no mail
}

// anyOf is a regular expression that matches any of some others.
func anyOf(parts ...string) *regexp.Regexp {
	return regexp.MustCompile(strings.Join(parts, "|"))
}

// The words of mail servers, in lower case and without addresses: of Postfix, Exim, Sendmail,
// qmail, Exchange and Exchange Online, Gmail, Outlook.com, Yahoo, GMX, Amazon SES, SendGrid,
// Mailgun and Mimecast.
var (
	surelyAboutUs = anyOf(
		`\b(try|retry|again|come back) (it |this )?(again )?later\b`, `temporar`, `gr[ea]y-?list`, `defer`,
		`\b(daily|hourly|monthly)\b`, `\bper (second|minute|hour|day|month)\b`, `\b(this|last) hour\b`,
		`\b(sending|send|smtp|outbound|outgoing|submission|message|messages|recipients?|connection) (rate |message )*(limit|limits|quota|cap)\b`,
		`\btoo many (messages|mails|emails|e-mails|connections|recipients|errors|requests|sessions|concurrent|commands)\b`,
		`throttl`, `\brate[- ]?limit`, `\bat a rate\b`, `\bflood`, `\bcredits?\b`,
		`\b(helo|ehlo)\b`,
		`\bsender(s)?( address| domain| email)? (rejected|denied|refused|blocked|not|is|was|verif|unknown|invalid|mismatch|domain)`, `\b(invalid|bad|unknown|unverified|unauthenticated|forged) (outbound )?sender`,
		`\bsender identity\b`, `\bsender verif`, `\bmail from\b`, `\bfrom (address|header)\b`, `\b(envelope|header)[- ]from\b`, `\breturn[- ]path\b`, `\breverse[- ]path\b`, `\bsend ?as\b`,
		`\brelay(ing)? (access )?(is )?(denied|prohibited|refused|disabled|not)\b`, `\b(not|to) relay\b`,
		`\bnot (allowed|permitted|authori[sz]ed) to send`, `\b(disabled|suspended|blocked|disallowed) (for|from) sending`,
		`authenticat`, `unauthori[sz]ed`, `\bstarttls\b`, `\bencrypt`, `\btls\b`, `\bcertificate\b`,
		`\byour (account|ip|host|server|network|domain|organi[sz]ation|reputation|plan)\b`, `\bip address\b`, `\bip [0-9\[(]`, `\bclient( host| ip| address)?\b`,
		`\b(insufficient|not enough|out of|no) (system |disk |free )*(storage|space|resources|memory|disk)\b`, `\bdisk (is )?full\b`, `\b(mail )?(system|queue|server|spool) (is )?(full|busy|unavailable|overload)`,
		`\bservice (is )?(not available|unavailable|shutting)`, `\binternal (server )?error\b`, `\b(mail|routing) loop\b`, `\btoo many hops\b`, `\bhop count\b`, `configuration error`, `misconfigur`,
		`\b(message|mail|size) (is )?too (big|large|long)\b`, `\b(message|maximum) size\b`, `\bsize limit\b`)
	surelyAboutAddress = anyOf(
		`\b(users?|recipients?|mail ?box|addressee|account|person|customer|subscriber|destination|alias|address|inbox|e-?mail address)\b[^.;,:]{0,40}\b(unknown|not found|not known|could not be found|no longer|does not exist|doesn'?t exist|do not exist|don'?t exist|did not exist|not exist|doesn'?t have|isn'?t here|not here|is not (a )?(valid|known|listed|local|active|our)|not valid|not local|not listed|invalid|disabled|inactive|not active|deactivated|closed|expired|suspended|discontinued|deleted|removed|terminated|full|over ?quota|undeliverable)\b`,
		`\b(unknown|invalid|no such|there is no|non-?existent|unrout[e]?able|undeliverable|not a valid|not a known|bad|no) (local |e-?mail |destination |recipient )*(users?|recipients?|mail ?box(es)?|addresse?e?|account|person|alias|customer|domain|inbox)\b`,
		`\bdomain (name )?(not found|does not exist|doesn'?t exist|unknown)\b`, `\bhost or domain name not found\b`,
		`recipient ?not ?found`, `\bnot our customer\b`, `\bnobody (here|by|with)\b`, `\bno one (here|by|with)\b`,
		`\bquota exceeded\b`, `\bover ?quota\b`, `\bexceeded (its |the |his |her )?(mailbox |storage |disk )*quota\b`,
		`recipient address rejected: need fully`, `\bmailbox name not allowed\b`, `\bunrout[e]?able\b`, `\brecipient (unknown|invalid)\b`,
		`(empfänger|benutzer|postfach|nutzer)[^.;,:]{0,20}(unbekannt|existiert nicht|nicht gefunden)`, `(utilisateur|destinataire|bo[iî]te)[^.;,:]{0,20}(inconnu|n'existe pas|inexistant)`, `(usuario|destinatario|buz[oó]n|cuenta)[^.;,:]{0,20}(desconocid|no existe|inexistente)`)
	probablyAboutUs = anyOf(
		`\brelay`, `\bspam\b`, `unsolicited`, `\bbulk\b`, `black-? ?list`, `block-? ?list`, `deny-? ?list`, `\b(rbl|dnsbl)\b`, `spamhaus`, `spamcop`, `barracuda`, `reputation`, `\bblocked\b`, `\bbanned\b`, `\blisted (at|in|by|on)\b`,
		`\bspf\b`, `\bdkim\b`, `\bdmarc\b`, `\brdns\b`, `reverse dns`, `\bptr\b`, `\binvalid dns\b`, `dynamic ip`,
		`polic(y|ies)`, `administrative prohibition`, `\bprohibited\b`, `\bcontent\b`, `\bvirus\b`, `\blog ?in\b`, `\bsign ?in\b`, `\bpassword\b`, `\bnot verified\b`, `\brestrict`)
	probablyAboutAddress = anyOf(
		`mailbox (is )?(unavailable|not available)`, `\brecipient (address )?(rejected|refused|denied)\b`, `\baddress rejected\b`)
)

// twilioSubject returns what an error of Twilio is about. A code that is not in the table is
// about us, whatever the status.
func twilioSubject(code int) subject { return twilioErrors[code].subject }

// webhookSubject returns what the answer of a webhook is about. The program decides it by
// the status: that is the contract. Only what a proxy before it also says, and that it does
// not believe us, is about us.
func webhookSubject(status int) subject {
	switch status {
	case http.StatusUnauthorized, http.StatusPaymentRequired, http.StatusForbidden, http.StatusProxyAuthRequired,
		http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return aboutUs
	}
	if status >= http.StatusInternalServerError {
		return aboutUs
	}
	return aboutAddress
}
