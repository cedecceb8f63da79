package delivery

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/textproto"
	"strconv"
	"strings"

	"github.com/wneessen/go-mail"
)

// failure makes a Failure of the error of a mail server.
func (s *SMTP) failure(err error) *Failure {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Failure{Detail: "the mail server did not answer in time", Cause: err}
	}
	if reply := replyOf(err); reply.code != 0 {
		return s.refusal(reply, err)
	}
	if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		return &Failure{Detail: "the mail server did not answer in time", Cause: err}
	}
	if says := lacking(err); says != "" {
		return &Failure{Detail: says, RetryAfter: signInRefused, Cause: err}
	}
	return &Failure{Detail: "the mail server could not be reached", Cause: err}
}

// refusal makes a Failure of a reply that refuses something.
func (s *SMTP) refusal(reply mailReply, err error) *Failure {
	f := &Failure{Permanent: reply.subject() == aboutAddress, Cause: err}
	words := plainWords(reply.text)
	switch {
	case reply.code == 530 || reply.code == 534 || reply.code == 535 || reply.code == 538:
		f.Detail, f.RetryAfter = s.signInRefusal(reply, words), signInRefused
	case reply.code >= 500:
		f.Detail = "the mail server refused it: " + words
		if !f.Permanent {
			f.RetryAfter = refusalPause
		}
	default:
		f.Detail = "the mail server cannot take it now: " + words
	}
	return f
}

// signInRefusal says what is missing when a server wants to know who sends.
func (s *SMTP) signInRefusal(reply mailReply, words string) string {
	text := strings.ToLower(reply.text)
	switch {
	case s.server.local && (reply.code == 538 || strings.Contains(text, "starttls") || strings.Contains(text, "encrypt")):
		return "the mail server wants TLS: leave tls=none out of --smtp-url (it says: " + words + ")"
	case !s.server.signsIn():
		return "the mail server wants a sign-in: add the user and the password to --smtp-url (it says: " + words + ")"
	}
	return "the mail server refused the sign-in: check the user and the password of --smtp-url"
}

// lacking returns what a mail server does not offer, or "". Some of it shows only in
// sentences of go-mail.
func lacking(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the mail server has no certificate that is valid for its name"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "the mail server does not speak TLS from the start on this port: write tls=starttls in --smtp-url, or the port that does, often 465"
	}
	switch text := err.Error(); {
	case errors.Is(err, errSpeaksTLS):
		return "the mail server speaks TLS from the start on this port: write tls=tls in --smtp-url"
	case strings.Contains(text, "does not support STARTTLS"):
		return "the mail server offers no STARTTLS, without which messages would travel in the clear"
	case strings.Contains(text, "does not support SMTP AUTH"),
		errors.Is(err, mail.ErrNoSupportedAuthDiscovered), errors.Is(err, mail.ErrPlainAuthNotSupported):
		return "the mail server offers no sign-in that can be used here"
	}
	return ""
}

// mailSteps are the commands after the connection, as go-mail names them.
var mailSteps = map[mail.SendErrReason]mailStep{mail.ErrSMTPMailFrom: atSender, mail.ErrSMTPRcptTo: atRecipient,
	mail.ErrSMTPData: atData, mail.ErrWriteContent: atData, mail.ErrSMTPDataClose: atData}

// replyOf returns the reply of a mail server in an error, or one without a code.
func replyOf(err error) mailReply {
	refused, ok := errors.AsType[*mail.SendError](err)
	if !ok {
		if answer, ok := errors.AsType[*textproto.Error](err); ok {
			return mailReply{code: answer.Code, text: answer.Msg, step: atConnect}
		}
		return mailReply{}
	}
	if refused.ErrorCode() == 0 {
		return mailReply{}
	}
	_, said, _ := strings.Cut(refused.Error(), strconv.Itoa(refused.ErrorCode()))
	said, _, _ = strings.Cut(said, ", affected ")
	said = strings.TrimSpace(said)
	if quoted, err := strconv.QuotedPrefix(said); err == nil {
		said, _ = strconv.Unquote(quoted) // a prefix that is quoted can be unquoted
	}
	return mailReply{code: refused.ErrorCode(), text: said, step: mailSteps[refused.Reason]}
}
