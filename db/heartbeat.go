package db

import "time"

const writeHeartbeat = `INSERT INTO heartbeat (id, at) VALUES (1, $1) ON CONFLICT (id) DO UPDATE SET at = excluded.at`

func (q *queries) WriteHeartbeat(at time.Time) error {
	_, err := q.exec(writeHeartbeat, micros(at))
	return err
}
