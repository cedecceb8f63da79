package access

import (
	"callbook/internal/oncall"
)

// Record adds an entry to the audit trail, in the transaction of the change that
// it tells of. It fails with Sealed when there is no key to make its MAC.
func (c *Control) Record(q Queries, by oncall.Actor, op oncall.Operation, resource oncall.ARN, changes ...oncall.AuditChange) error {
	return q.Record(c.EntryOf(by, op, oncall.Done, resource, changes))
}

// RecordIfPossible is record for coming and going, which must not end when the key file is
// missing: then there is no entry.
func (c *Control) RecordIfPossible(q Queries, by oncall.Actor, op oncall.Operation, outcome oncall.Outcome, resource oncall.ARN, changes ...oncall.AuditChange) error {
	err := q.Record(c.EntryOf(by, op, outcome, resource, changes))
	if oncall.KindOf(err) == oncall.Sealed {
		return nil
	}
	return err
}

func (c *Control) EntryOf(by oncall.Actor, op oncall.Operation, outcome oncall.Outcome, resource oncall.ARN, changes []oncall.AuditChange) oncall.Entry {
	return oncall.Entry{At: c.Now(), Door: by.Door, Principal: by.Principal, Actor: oncall.Clipped(by.Name, oncall.MaxActorLen), Operation: op, Outcome: outcome,
		Resource: resource, Contact: c.Scope().AliasIn(resource), Changes: oncall.ChangedFields(changes...), Request: by.Request, Client: by.Client}
}
