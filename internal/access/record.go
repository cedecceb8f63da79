package access

import (
	"callbook/internal/oncall"
)

// Record adds the entry of a change to the audit trail, in the transaction of the change.
// It fails with Sealed if the key of its MAC is missing.
func (c *Control) Record(q Queries, by oncall.Actor, op oncall.Operation, resource oncall.ARN, changes ...oncall.AuditChange) error {
	return q.Record(c.EntryOf(by, op, oncall.Done, resource, changes))
}

// RecordIfPossible is Record for signing in and out, which must work without the key file.
// It writes no entry if the key is missing.
func (c *Control) RecordIfPossible(q Queries, by oncall.Actor, op oncall.Operation, outcome oncall.Outcome, resource oncall.ARN, changes ...oncall.AuditChange) error {
	err := q.Record(c.EntryOf(by, op, outcome, resource, changes))
	if oncall.KindOf(err) == oncall.Sealed {
		return nil
	}
	return err
}

// EntryOf returns an entry of now, without its number and MAC. It keeps only the changes
// whose values differ.
func (c *Control) EntryOf(by oncall.Actor, op oncall.Operation, outcome oncall.Outcome, resource oncall.ARN, changes []oncall.AuditChange) oncall.Entry {
	return oncall.Entry{At: c.Now(), Door: by.Door, Principal: by.Principal, Actor: oncall.Truncated(by.Name, oncall.MaxActorLen), Operation: op, Outcome: outcome,
		Resource: resource, Contact: c.Scope().AliasIn(resource), Changes: oncall.ChangedFields(changes...), Request: by.Request, Client: by.Client}
}
