package outbox

import (
	"time"

	"callbook/internal/oncall"
)

// MaxAnswers is how many automatic answers a number gets in an hour, from all rooms
// together. Two programs that answer each other stop there.
const MaxAnswers = 5

// AnswerTTL is how long MayAnswer counts an answer.
const AnswerTTL = time.Hour

// MayAnswer reports whether an automatic answer may go to a canonical number now, and
// counts it. It is called in the transaction that handles what is answered.
func (o *Outbox) MayAnswer(q Queries, canonical string) (bool, error) {
	sent, err := q.AnswersTo(canonical, oncall.LastWindow(o.Now(), AnswerTTL), MaxAnswers)
	if err != nil || sent >= MaxAnswers {
		return false, err
	}
	return true, q.InsertAnswer(o.NewID(), canonical, o.Now())
}
