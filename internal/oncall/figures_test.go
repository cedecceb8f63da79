package oncall_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func TestFiguresTellWhoCanBeReachedAndWhatWaits(t *testing.T) {
	w := oncalltest.New(t)
	figures := func() oncall.Figures {
		t.Helper()
		f, err := w.Figures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	same(t, "overdue in an empty book", time.Duration(0), figures().Overdue)
	ana := person(t, w, "ana")
	person(t, w, "bob")
	channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	same(t, "overdue at once", time.Duration(0), figures().Overdue)
	w.Clock.Pass(90 * time.Second)
	f := figures()
	if diff := cmp.Diff(oncall.Figures{Contacts: map[oncall.Reachability]int{oncall.Waiting: 1, oncall.Unreachable: 1}, Overdue: 90 * time.Second}, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.Pulse(t.Context()); err != nil {
		t.Error(err)
	}
}
