package oncall

import (
	"errors"
	"strings"
	"time"
)

// Kind says what sort of failure an Error is; both doors translate from it.
type Kind int

// The kinds. The zero Kind is Internal, so that an error nobody classified is a
// fault of ours and never a refusal of the caller's input.
const (
	Internal    Kind = iota // a fault of ours; the sentence says nothing of the cause
	Invalid                 // the input breaks a rule; Fields says which
	NotFound                // what the request names does not exist
	Conflict                // the request and what is stored exclude each other; Reason says how
	Denied                  // this actor may not do this
	Limited                 // too much, too soon
	Sealed                  // stored data cannot be decrypted
	Unavailable             // the store cannot do it now; Reason says why
)

// Reason is the machine-readable cause within a Kind, of an Error or a
// FieldError. Doors may branch on it; people read the sentence.
type Reason string

// The reasons of a Conflict.
const (
	AliasTaken  Reason = "alias_taken"  // another contact has this alias
	Duplicate   Reason = "duplicate"    // this contact has a channel of this type and address
	TokenReused Reason = "token_reused" // the idempotency token created something else
	Stale       Reason = "stale"        // somebody else saved a change in between
	EmailTaken  Reason = "email_taken"  // another user has this email address
	LastAdmin   Reason = "last_admin"   // nobody else could keep the users
	SetUpDone   Reason = "set_up_done"  // there is a user already
	Disabled    Reason = "disabled"     // the user is disabled
	TooMany     Reason = "too_many"     // the user has as many as one may have
	NoMail      Reason = "no_mail"      // no email can be sent
)

// The reasons of a Denied.
const (
	Unknown   Reason = "unknown"    // nobody is signed in
	Forbidden Reason = "forbidden"  // the role does not cover it
	NoSignIn  Reason = "no_sign_in" // the proof of who this is does not hold
	Stranger  Reason = "stranger"   // a provider says who this is, and it is nobody here
)

// The reasons of a Limited, and of a field.
const (
	TooSoon   Reason = "too_soon"   // another code was made a moment ago
	Quota     Reason = "quota"      // as many as there may be are there, or were sent
	WrongCode Reason = "wrong_code" // or one that is no longer good
)

// The reasons of an Unavailable. Only Damaged does not pass by itself once its cause
// has: the others end without a restart.
const (
	DiskFull     Reason = "disk_full"   // there is no room to write
	DiskFailed   Reason = "disk_failed" // reading or writing failed, or is not allowed any more
	DatabaseBusy Reason = "held"        // another process keeps the database to itself
	Damaged      Reason = "damaged"     // what was read is not what was written
)

// KeyFileMissing is the reason of a Sealed when the key file went away, or became another
// one, while the program ran: what it sealed now would be lost with the keys in
// memory. It ends without a restart.
const KeyFileMissing Reason = "key_away"

// Field names an input of an operation.
type Field string

// The fields, each the noun of an input struct's member.
const (
	FieldContact      Field = "contact"
	FieldChannel      Field = "channel"
	FieldAlias        Field = "alias"
	FieldDisplayName  Field = "display_name"
	FieldType         Field = "type"
	FieldPlan         Field = "plan"
	FieldTags         Field = "tags"
	FieldPolicy       Field = "policy"
	FieldName         Field = "name"
	FieldAddress      Field = "address"
	FieldCountry      Field = "country"
	FieldState        Field = "state" // in the audit trail only
	FieldToken        Field = "token"
	FieldCursor       Field = "page"
	FieldEmail        Field = "email"
	FieldRole         Field = "role"
	FieldPassword     Field = "password"
	FieldCurrent      Field = "current" // the password to be changed
	FieldPasskey      Field = "passkey"
	FieldCode         Field = "code" // that activates
	FieldKey          Field = "key"  // that seals, in the audit trail
	FieldSignInMethod Field = "way"  // of signing in, in the audit trail only
	FieldDefer        Field = "defer"
	FieldFile         Field = "file" // to import

	// Of an import or an export, in the audit trail only.
	FieldRows      Field = "rows"
	FieldContacts  Field = "contacts"
	FieldChannels  Field = "channels"
	FieldAddresses Field = "addresses"
)

// FieldError is one rule that one input breaks.
type FieldError struct {
	Field   Field
	Reason  Reason
	Message string // a sentence that says what to do

	// Accept is empty for a refusal. For a warning it is the word that, handed
	// back in the input's Accept, makes the operation go ahead. It names the
	// address it was given for, so that another address warns again.
	Accept string
	// Suggestion is the address that was probably meant, or empty.
	Suggestion string
}

// Error is every failure that an operation of this package reports.
type Error struct {
	Kind     Kind
	Reason   Reason
	Message  string       // a sentence for people
	Fields   []FieldError // for Invalid: at least one
	Resource ARN          // for Conflict: what stands in the way, empty when Stale; else what the failure is about, or empty
	Cause    error        // for the log; never shown

	RetryAfter time.Duration // for Limited: how long to wait
}

// Error returns the sentence, and the cause where there is one.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	if e.Cause != nil {
		b.WriteString(": ")
		b.WriteString(e.Cause.Error())
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// KindOf returns the Kind of the *Error in err's chain, else Internal.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// ReasonOf returns the Reason of the *Error in err's chain, else "".
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

// ResourceOf returns the ARN of what stands in the way in the *Error in err's
// chain, or "".
func ResourceOf(err error) ARN {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Resource
	}
	return ""
}

// RetryAfterOf returns how long the *Error in err's chain says to wait, or 0.
func RetryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// FieldErrors returns the fields of the *Error in err's chain, or nil.
func FieldErrors(err error) []FieldError {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return nil
}

// Fault returns an Internal error, with a sentence that tells nothing of the
// cause.
func Fault(cause error) *Error {
	return &Error{Kind: Internal, Message: "Something went wrong on our side.", Cause: cause}
}

// SealedError returns a Sealed error: the key file is missing, or is not the one that
// this database was written with.
func SealedError(cause error) *Error {
	return &Error{Kind: Sealed, Cause: cause, Message: "The key file of this database is missing or is not the right one, " +
		"so no address can be read, and nothing can be added or changed. Put the key file back and start Callbook again."}
}

// KeyFileMissingError returns a Sealed error with the reason KeyFileMissing.
func KeyFileMissingError(cause error) *Error {
	return &Error{Kind: Sealed, Reason: KeyFileMissing, Cause: cause, Message: "The key file of this database is missing, is not the one it was, or may be read by others, " +
		"so no address can be added or changed, and no new code be made. Nothing was saved. Put the key file back as it was: then send this again, a restart is not needed."}
}

// unavailable are the sentences for the reasons of an Unavailable.
var unavailable = map[Reason]string{
	DiskFull: "The disk of Callbook is full, so nothing was saved, and nothing was done that has to be on record. Pages show what is stored. " +
		"Whoever runs Callbook has to make room: then send this again, a restart is not needed.",
	DiskFailed: "The disk of Callbook has failed or has become read-only. If you sent something, it was not saved as far as the disk tells, " +
		"and sending it again does no harm. Tell whoever runs Callbook.",
	DatabaseBusy: "Another program keeps the database of Callbook to itself, so nothing was saved. Try again in a moment; " +
		"if this stays, tell whoever runs Callbook.",
	Damaged: "The database of Callbook is damaged, so this cannot be read or saved. Tell whoever runs Callbook: " +
		"another start recovers what a log that was cut still holds; if this comes again, callbook check says what is wrong, " +
		"and callbook restore puts a backup in its place.",
}

// UnavailableError returns an Unavailable error. A store returns it for what its disk or
// its file cannot do, with what was reported as the cause.
func UnavailableError(r Reason, cause error) *Error {
	return &Error{Kind: Unavailable, Reason: r, Message: unavailable[r], Cause: cause}
}

func InvalidError(fields ...FieldError) *Error {
	return &Error{Kind: Invalid, Message: fields[0].Message, Fields: fields}
}

func NotFoundError(what string, arn ARN) *Error {
	return &Error{Kind: NotFound, Message: what + " not found: " + string(arn), Resource: arn}
}

// ErrMissing is what a Queries method returns for a row that is not there.
var ErrMissing = errors.New("oncall: no such row")
