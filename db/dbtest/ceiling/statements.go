package ceiling

// Statements are those of one creation of a text message channel, in order: of a
// further one, for a person who waits for a code already.
var Statements = []string{`
INSERT INTO idempotency (request, parameters, resource, created_at) VALUES ($1, $2, $3, $4)
ON CONFLICT (request) DO UPDATE SET parameters = excluded.parameters, resource = excluded.resource,
created_at = excluded.created_at, released_at = NULL WHERE idempotency.released_at < $5`, `
SELECT alias, display_name, type, reachability, (SELECT count(*) FROM channel WHERE contact = alias)
FROM contact WHERE alias = $1`, `
SELECT at FROM stopped WHERE address = $1`, `
SELECT count(*), min(created_at) FROM
(SELECT created_at FROM message WHERE address = $1 AND created_at > $2 AND created_at <= $3 ORDER BY created_at DESC LIMIT 0 + $4) AS found`, `
SELECT count(*), min(created_at) FROM
(SELECT created_at FROM message WHERE prefix = $1 AND created_at > $2 AND created_at <= $3 ORDER BY created_at DESC LIMIT 0 + $4) AS found`, `
SELECT (SELECT nth FROM message WHERE nth IS NOT NULL ORDER BY nth DESC LIMIT 1),
(SELECT nth FROM message WHERE nth IS NOT NULL AND created_at > $1 AND created_at <= $2 ORDER BY created_at, nth LIMIT 1),
(SELECT created_at FROM message WHERE nth IS NOT NULL AND created_at > $1 AND created_at <= $2 ORDER BY created_at, nth LIMIT 1),
(SELECT nth FROM message WHERE nth IS NOT NULL AND created_at > $3 AND created_at <= $4 ORDER BY created_at, nth LIMIT 1),
(SELECT created_at FROM message WHERE nth IS NOT NULL AND created_at > $3 AND created_at <= $4 ORDER BY created_at, nth LIMIT 1)`, `
SELECT index_key FROM installation WHERE id = 1`, `
INSERT INTO channel (contact, id, name, type, mask, deferred_at, activated_at, deactivated_at, readdressed_at, version, created_at, updated_at,
request, address, address_hash, code, code_key, code_link, code_at, code_by, code_ends_at, code_sends, message)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23)
ON CONFLICT DO NOTHING`, `
INSERT INTO message (id, queue, kind, type, contact, channel, owner, state, attempts, due_at, set_at, ends_at, provider, reference, reason, failure, created_at, forget_at, address, prefix, nth, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
CASE WHEN $22 = 1 THEN coalesce((SELECT nth FROM message WHERE nth IS NOT NULL ORDER BY nth DESC LIMIT 1), 0) + 1 END, $21)`, `
SELECT seq, mac FROM audit WHERE seq = (SELECT max(seq) FROM audit)`, `
INSERT INTO audit (seq, at, door, principal, actor, operation, outcome, resource, contact, changes, request, client, key, mac)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`}
