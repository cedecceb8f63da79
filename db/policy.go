package db

const (
	setPolicy = `
INSERT INTO contact_policy (contact, policy) VALUES ($1, $2)
ON CONFLICT (contact) DO UPDATE SET policy = excluded.policy`
	selectPolicy = `SELECT policy FROM contact_policy WHERE contact = $1`
)

func (q *queries) SetPolicy(alias, policy string) error {
	_, err := q.exec(setPolicy, alias, policy)
	return err
}

func (q *queries) Policy(alias string) (policy string, err error) {
	err = q.row(selectPolicy, []any{alias}, &policy)
	return policy, err
}
