package oncall

import (
	"errors"
	"strings"
	"time"
)

// Kind is the sort of failure of an Error. The pages and the API choose their status by it.
type Kind int

// The kinds. The zero Kind is Internal, so that an unclassified error counts as a fault
// of Callbook and not of the caller's input.
const (
	Internal    Kind = iota // a fault of Callbook; the message does not reveal the cause
	Invalid                 // the input breaks the rules in Fields
	NotFound                // the named resource does not exist
	Conflict                // the request contradicts the stored data; see Reason
	Denied                  // the actor is not allowed to do this
	Limited                 // a limit is reached
	Sealed                  // stored data cannot be decrypted
	Unavailable             // the store cannot do this now; see Reason
)

// Reason is the stable, machine-readable cause of an Error or a FieldError. People read
// the message instead.
type Reason string

// The reasons of a Conflict.
const (
	AliasTaken  Reason = "alias_taken"  // another contact has this alias
	Duplicate   Reason = "duplicate"    // the contact has a channel of this type and address
	TokenReused Reason = "token_reused" // the idempotency token was used for another creation
	Stale       Reason = "stale"        // another change was saved in between
	EmailTaken  Reason = "email_taken"  // another user has this email address
	LastAdmin   Reason = "last_admin"   // no other admin would be left
	SetUpDone   Reason = "set_up_done"  // there is a user already
	Disabled    Reason = "disabled"     // the user is disabled
	TooMany     Reason = "too_many"     // the user already has the maximum
	NoMail      Reason = "no_mail"      // no email can be sent
)

// The reasons of a Denied.
const (
	Unknown   Reason = "unknown"    // the caller is not signed in
	Forbidden Reason = "forbidden"  // the role does not cover the operation
	NoSignIn  Reason = "no_sign_in" // wrong password, passkey or identity
	Stranger  Reason = "stranger"   // the provider vouches for a person who is not a user
)

// The reasons of a Limited and of a FieldError.
const (
	TooSoon   Reason = "too_soon"   // another code was made a moment ago
	Quota     Reason = "quota"      // the maximum number exists or was sent
	WrongCode Reason = "wrong_code" // or an expired one
)

// The reasons of an Unavailable. All but Damaged end without a restart once their cause
// is removed.
const (
	DiskFull     Reason = "disk_full"
	DiskFailed   Reason = "disk_failed" // reading or writing failed, or the disk is read-only
	DatabaseBusy Reason = "held"        // another process has locked the database
	Damaged      Reason = "damaged"     // the stored data is corrupt
)

// KeyFileMissing is the reason of a Sealed if the key file was removed or replaced while
// the program runs. Values sealed now would be lost with the keys in memory. It ends
// without a restart.
const KeyFileMissing Reason = "key_away"

// Field names an input of an operation.
type Field string

// The fields. Each is named after the member of an input struct.
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
	FieldCurrent      Field = "current" // the current password, when it is changed
	FieldPasskey      Field = "passkey"
	FieldCode         Field = "code" // the activation code
	FieldKey          Field = "key"  // the key of the database, in the audit trail only
	FieldSignInMethod Field = "way"  // in the audit trail only
	FieldDefer        Field = "defer"
	FieldFile         Field = "file" // to import

	// Of an import or an export, in the audit trail only.
	FieldRows      Field = "rows"
	FieldContacts  Field = "contacts"
	FieldChannels  Field = "channels"
	FieldAddresses Field = "addresses"
	FieldExisting  Field = "rows_there_already"
	FieldShared    Field = "shared_addresses"

	// FieldReply is what a person replied, in the audit trail only.
	FieldReply Field = "reply"
)

// FieldError is one rule that one field of the input breaks.
type FieldError struct {
	Field   Field
	Reason  Reason
	Message string // tells the user how to correct the field

	// Accept is empty for a refusal. For a warning it is the text that accepts the
	// warning when the caller repeats it in the input's Accept. It contains the address,
	// so that another address is warned about again.
	Accept string
	// Suggestion is the address that was probably meant, or empty.
	Suggestion string
}

// Error is the error of every operation in internal/.
type Error struct {
	Kind     Kind
	Reason   Reason
	Message  string       // a sentence for people
	Fields   []FieldError // for Invalid: at least one
	Resource ARN          // for Conflict, the resource in conflict, empty if Stale; otherwise the resource concerned, or empty
	Cause    error        // for the log; never shown

	RetryAfter time.Duration // for Limited: how long to wait
}

// Error returns the message, followed by the cause if there is one.
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

// KindOf returns the Kind of the *Error in err's chain, or Internal if there is none.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// ReasonOf returns the Reason of the *Error in err's chain, or "".
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return ""
}

// ResourceOf returns the Resource of the *Error in err's chain, or "".
func ResourceOf(err error) ARN {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Resource
	}
	return ""
}

// RetryAfterOf returns the RetryAfter of the *Error in err's chain, or 0.
func RetryAfterOf(err error) time.Duration {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// FieldErrors returns the Fields of the *Error in err's chain, or nil.
func FieldErrors(err error) []FieldError {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Fields
	}
	return nil
}

// Fault returns an Internal error. Its message does not reveal the cause.
func Fault(cause error) *Error {
	return &Error{Kind: Internal, Message: "Something went wrong on our side.", Cause: cause}
}

// SealedError returns a Sealed error for a key file that is missing or belongs to another
// database.
func SealedError(cause error) *Error {
	return &Error{Kind: Sealed, Cause: cause, Message: "The key file of this database is missing or is not the right one, " +
		"so no address can be read, and nothing can be added or changed. Put the right key file back, or name it with --key-file, and start Callbook again."}
}

// KeyFileMissingError returns a Sealed error with the reason KeyFileMissing.
func KeyFileMissingError(cause error) *Error {
	return &Error{Kind: Sealed, Reason: KeyFileMissing, Cause: cause, Message: "The key file of this database is missing, was replaced, or may be read by others, " +
		"so no address can be added or changed, and no new code can be made. Nothing was saved. Put the key file back as it was, then send this again. No restart is needed."}
}

// unavailable are the sentences for the reasons of an Unavailable.
var unavailable = map[Reason]string{
	DiskFull: "The disk of Callbook is full, so nothing was saved or changed. Pages still show the stored data. " +
		"Ask the person who runs Callbook to free some space, then send this again. No restart is needed.",
	DiskFailed: "The disk of Callbook has failed or has become read-only. If you sent a change, it was probably not saved. " +
		"You can safely send it again. Tell the person who runs Callbook.",
	DatabaseBusy: "Another program has locked the database of Callbook, so nothing was saved. Try again in a moment. " +
		"If this continues, tell the person who runs Callbook.",
	Damaged: "The database of Callbook is damaged, so this cannot be read or saved. Tell the person who runs Callbook: " +
		"a restart recovers the intact part of a log that was cut off. If this happens again, callbook check names the damage, " +
		"and callbook restore puts a backup in its place.",
}

// UnavailableError returns an Unavailable error with one of its reasons. A store returns
// it if its disk or file fails.
func UnavailableError(r Reason, cause error) *Error {
	return &Error{Kind: Unavailable, Reason: r, Message: unavailable[r], Cause: cause}
}

// InvalidError returns an Invalid error with the message of its first field. It needs at
// least one field.
func InvalidError(fields ...FieldError) *Error {
	return &Error{Kind: Invalid, Message: fields[0].Message, Fields: fields}
}

// NotFoundError returns a NotFound error. The noun names the kind of resource, such as
// "Contact".
func NotFoundError(noun string, arn ARN) *Error {
	return &Error{Kind: NotFound, Message: noun + " not found: " + string(arn), Resource: arn}
}

// ErrMissing is the error of a query for a row that does not exist.
var ErrMissing = errors.New("oncall: no such row")
