// Package access checks the roles of actors and records their operations in the audit trail.
//
// Every room embeds a Control. It calls Permit or Admit before an operation begins, and
// Record inside the transaction of each change, so that every change has its entry in the
// audit trail. The package also has what several rooms share: idempotency tokens, the delay
// after failed sign-ins, and errors that must be the same in every room.
//
// # One transaction, several rooms
//
// A room declares its queries as an interface that embeds those of the rooms below it. In a
// transaction the store passes one value with all queries. The room sees its own part, and
// passes the same value on when it calls a lower room inside the transaction.
package access
