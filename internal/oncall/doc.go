// Package oncall is the product: who can be reached, how, and what proves it.
//
// # The words
//
// A contact is a person (or an escalation plan, or a schedule) who may be
// paged. It is known by its alias, which never changes, and its ARN follows
// from the alias. A contact channel is one way to reach a person: a number for
// text messages, a number for calls, or an email address. The number or address
// is the channel's delivery address. Programs may put tags and a resource policy
// on a contact, which are kept for them and decide nothing.
//
// # The life of a channel
//
// A channel is created NOT_ACTIVATED and counts for nothing until somebody
// proves that it arrives, with a code that was sent through it. It may be
// created with its activation deferred, which says that no code is to leave
// until one is asked for. An activated channel goes back to NOT_ACTIVATED when
// it is deactivated, or when its delivery address changes: what was proved was
// the old address. Deleting the contact deletes its channels.
//
// A person with an activated channel is reachable. This package stores nothing
// that could contradict that: the reachability of a contact is written in the
// same transaction as the change that causes it.
//
// # What leaves, and what comes back
//
// A message is put into the outbox by the transaction of the change that causes it,
// and leaves it when it is sent, given up, or of no use any more: its code died. A
// dispatcher claims messages for a while and records how each attempt ended; the
// while over, a message is due again, so that it is sent at least once. What a
// provider or a person says afterwards comes in any order and more than once.
// Limits count messages by keyed hashes of addresses, which outlive the channel
// but not the day.
//
// # Two doors, one operation
//
// People come through the browser, programs through the API. Both call the same
// methods of Service with the same inputs; the Actor says who asks and through
// which door. The door decides four things only: people may type a number with
// spaces and brackets, people are warned about addresses that are doubtful
// though allowed, a name made of nothing but separators is refused to them, and
// a malformed ARN is Invalid to a program where it is NotFound to a person, who
// follows a link.
//
// # Who comes in
//
// A user signs in by a password, a passkey or a provider of identities and gets
// a session; a program signs each request with an access key. What is handed out
// (the token of a session, of a link, of a ceremony) is random and stored as its
// SHA-256. A role covers operations, and one table says which. The last admin who
// can sign in stays one. Passwords are hashed between two transactions: what the
// second one finds may differ from what the first one saw, and it decides.
//
// # Errors
//
// Every refusal is an *Error with a Kind, the fields it concerns and a sentence
// that says what to do. Anything else that comes back is a fault of ours.
package oncall
