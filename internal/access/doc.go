// Package access decides who may do what, and keeps the record that they did.
//
// Every room stands on a Control: it asks Permit or Admit before an operation begins, and
// Record inside the transaction of each change, so that no change is without its entry in
// the audit trail. What two rooms need of the same kind lives here too: the memory of
// idempotency tokens, the delay after failed attempts, and the answers that must never
// differ from room to room.
//
// # One transaction, several rooms
//
// A room declares the queries that it asks, as an interface that embeds those of the rooms
// below it. The store hands the function of a transaction everything; the room sees its own
// part, and hands it down as it is when it calls a lower room inside the transaction.
package access
