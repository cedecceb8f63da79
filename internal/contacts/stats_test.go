package contacts_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func TestFiguresTellWhoCanBeReachedAndWhatWaits(t *testing.T) {
	w := oncalltest.New(t)
	figures := func() contacts.Stats {
		t.Helper()
		f, err := w.Stats(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	oncalltest.Same(t, "overdue in an empty book", time.Duration(0), figures().Overdue)
	ana := oncalltest.AddPerson(t, w, "ana")
	oncalltest.AddPerson(t, w, "bob")
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	oncalltest.Same(t, "overdue at once", time.Duration(0), figures().Overdue)
	w.Clock.Pass(90 * time.Second)
	f := figures()
	if diff := cmp.Diff(contacts.Stats{Contacts: map[oncall.Reachability]int{oncall.Waiting: 1, oncall.Unreachable: 1}, Overdue: 90 * time.Second}, f); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := w.CheckWritable(t.Context()); err != nil {
		t.Error(err)
	}
}
