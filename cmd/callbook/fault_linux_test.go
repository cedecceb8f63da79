package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssmcontacts"
	"github.com/aws/aws-sdk-go-v2/service/ssmcontacts/types"

	"callbook/db/oncalltest"
)

// fault is what the disk, or something on it, does to a running program.
type fault struct {
	begin func(d disk, t *testing.T, p *program) (end func())
	ready string // what /readyz says of the database
	says  string // what both doors say to a change
}

const diskFullMessage, diskFailedMessage = "The disk of Callbook is full, so nothing was saved or changed.", "The disk of Callbook has failed or has become read-only."

var storeFaults = map[string]fault{
	"a full disk":                      {disk.fill, "the disk is full", diskFullMessage},
	"a disk that confirms nothing":     {injecting("fsync,fdatasync:error=EIO"), "the disk has failed or is read-only", diskFailedMessage},
	"a disk that takes nothing":        {injecting("pwrite64,ftruncate:error=EIO"), "the disk has failed or is read-only", diskFailedMessage},
	"a disk that has become read-only": {injecting("pwrite64,ftruncate,fsync,fdatasync:error=EROFS"), "the disk has failed or is read-only", diskFailedMessage},
	"a database that is held":          {disk.hold, "another program has locked it", "Another program has locked the database of Callbook, so nothing was saved."},
}

// Whatever the disk does, a change that was confirmed is there, one that was refused
// is not, what is stored can be read, and when it is over changes are taken again,
// without a restart.
func TestFaultsOfTheDiskLoseNothing(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	if !asRoot(t) {
		return
	}
	for name, f := range storeFaults {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // they wait more than they work
			office, d := newPostOffice(t), smallDisk(t)
			p := start(t, "--listen", "127.0.0.1:0", "--data", d.data(), "--api-rate", "0", "--webhook-url", office.URL, "--webhook-secret", strings.Repeat("secret", 6))
			p.enter(d.data())
			api := p.api(accessKey(t, d.data()), 1)
			if status, text := p.send("/contacts/new", url.Values{"alias": {"ana"}, "token": {"ana"}}); status != http.StatusSeeOther {
				t.Fatalf("the first contact: %d %.300s", status, text)
			}
			all := write(t, p)
			all.until(20, http.StatusSeeOther)

			end := sync.OnceFunc(f.begin(d, t, p))
			t.Cleanup(end)
			all.until(4, http.StatusServiceUnavailable)
			p.refuses(f, api)
			p.becomes(http.StatusServiceUnavailable, "store: the database cannot be written to: "+f.ready)
			if status, _ := p.body(p.base + "/healthz"); status != http.StatusOK {
				t.Errorf("/healthz is %d", status)
			}

			end()
			p.becomes(http.StatusOK, "store: ok\nkey: ok\n")
			all.until(20, http.StatusSeeOther)
			all.end()
			if _, text := p.read("/contacts/ana"); strings.Contains(text, "Nothing can be stored now") {
				t.Error("the page still says that nothing can be stored")
			}
			channel := url.Values{"type": {"EMAIL"}, "name": {"mail"}, "email": {"ana@example.org"}, "token": {"channel"}}
			if status, text := p.send("/contacts/ana/channels/new", channel); status != http.StatusSeeOther {
				t.Errorf("a channel after the fault: %d %.300s", status, text)
			}
			if !within(time.Minute, func() bool { return office.code("ana@example.org") != "" }) {
				t.Error("no code came")
			}
			for alias := range all.confirmed {
				if got := p.status("/contacts/" + alias); got != http.StatusOK {
					t.Errorf("%s was confirmed and answers %d", alias, got)
				}
			}
			p.stop(syscall.SIGTERM)
			sound(t, d.data())
		})
	}
}

// Of a change that the disk has not confirmed nobody knows whether it is there after a
// crash: it is there whole or not at all, and sending it again adds nothing.
func TestChangeThatWasNotConfirmedIsWholeOrNotThere(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	if !asRoot(t) {
		return
	}
	data := filepath.Join(t.TempDir(), "data")
	args := []string{"--listen", "127.0.0.1:0", "--data", data}
	p := start(t, args...)
	p.enter(data)
	end := sync.OnceFunc(injecting("fsync,fdatasync:error=EIO")(disk(""), t, p))
	t.Cleanup(end)
	ana := url.Values{"alias": {"ana"}, "token": {"ana"}}
	if status, text := p.send("/contacts/new", ana); status != http.StatusServiceUnavailable || !strings.Contains(text, diskFailedMessage) {
		t.Errorf("a contact: %d %.3000s", status, text)
	}
	end()
	p.kill()
	again := start(t, args...)
	again.cookie = p.cookie
	if status := again.status("/contacts/ana"); status != http.StatusOK && status != http.StatusNotFound {
		t.Errorf("the contact after a crash: %d", status)
	}
	if status, text := again.send("/contacts/new", ana); status != http.StatusSeeOther {
		t.Errorf("the contact once more: %d %.300s", status, text)
	}
	if status := again.status("/contacts/ana"); status != http.StatusOK {
		t.Errorf("the contact in the end: %d", status)
	}
	again.stop(syscall.SIGTERM)
	sound(t, data)
}

// A start says what is wrong with the disk, changes nothing, and works when it is over.
func TestStartSaysWhatIsWrongWithTheDisk(t *testing.T) {
	oncalltest.Slow(t)
	t.Parallel()
	if !asRoot(t) {
		return
	}
	d := smallDisk(t)
	args := []string{"--listen", "127.0.0.1:0", "--data", d.data()}
	start(t, args...).stop(syscall.SIGTERM)

	empty := d.fill(t, nil)
	refused(t, args, `^callbook: .*/callbook\.db: .*: the disk is full: make room and try again; nothing was changed$`)
	refused(t, []string{"--listen", "127.0.0.1:0", "--data", filepath.Join(string(d), "new", "data")}, `no space left on device|the disk is full`)
	empty()
	start(t, args...).stop(syscall.SIGTERM)

	if err := syscall.Mount("none", string(d), "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	refused(t, args, `^callbook: .*read-only file system$`)
	out, err := program4test(t, "check", "--data", d.data()).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "the folder of the database must be writable, even for reading the database") {
		t.Errorf("check on a read-only disk: %v %s", err, out)
	}
	if err := syscall.Mount("none", string(d), "", syscall.MS_REMOUNT, ""); err != nil {
		t.Fatal(err)
	}
	start(t, args...).stop(syscall.SIGTERM)
	sound(t, d.data())
}

// While the key file is away what needs no key goes on, and what was sealed is read;
// nothing is sealed, and when the file is back all goes on without a restart.
func TestKeyFileMayGoAwayAndComeBack(t *testing.T) {
	t.Parallel()
	office, data := newPostOffice(t), filepath.Join(t.TempDir(), "data")
	p := start(t, "--listen", "127.0.0.1:0", "--data", data, "--webhook-url", office.URL, "--webhook-secret", strings.Repeat("secret", 6))
	p.enter(data)
	ana, mail := url.Values{"alias": {"ana"}, "token": {"ana"}}, url.Values{"type": {"EMAIL"}, "name": {"mail"}, "email": {"ana@example.org"}, "token": {"mail"}}
	if status, text := p.send("/contacts/new", ana); status != http.StatusSeeOther {
		t.Fatalf("a contact: %d %.300s", status, text)
	}
	api := p.api(accessKey(t, data), 1)
	file := filepath.Join(filepath.Dir(data), "data.key")
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	p.becomes(http.StatusServiceUnavailable, "key: the key file is missing")
	const says = "The key file of this database is missing, was replaced, or may be read by others, so no address can be added or changed"
	if status, text := p.send("/contacts/ana/channels/new", mail); status != http.StatusServiceUnavailable || !strings.Contains(text, says) {
		t.Errorf("a channel without the key file: %d %.3000s", status, text)
	}
	_, err := api.CreateContactChannel(t.Context(), &ssmcontacts.CreateContactChannelInput{ContactId: aws.String("arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana"),
		Name: aws.String("mail"), Type: types.ChannelTypeEmail, DeliveryAddress: &types.ContactChannelAddress{SimpleAddress: aws.String("ana@example.org")}})
	if err == nil || !strings.Contains(err.Error(), "DataEncryptionException: "+says) {
		t.Errorf("a channel through the API: %v", err)
	}
	if status, text := p.read("/contacts/ana"); status != http.StatusOK || !strings.Contains(text, "▲ The key file cannot be used.") {
		t.Errorf("the contact without the key file: %d %.3000s", status, text)
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	p.becomes(http.StatusOK, "key: ok")
	if status, text := p.send("/contacts/ana/channels/new", mail); status != http.StatusSeeOther {
		t.Errorf("a channel with the key file back: %d %.3000s", status, text)
	}
	if !within(time.Minute, func() bool { return office.code("ana@example.org") != "" }) {
		t.Error("no code came")
	}
	if _, text := p.read("/contacts/ana"); strings.Contains(text, "The key file cannot be used") {
		t.Error("the page still says that the key file cannot be used")
	}
	p.stop(syscall.SIGTERM)
	sound(t, data)
}

// refuses expects that changes are refused at both doors, each with what to do, and
// that what is stored can be read at both.
func (p *program) refuses(f fault, api *ssmcontacts.Client) {
	p.t.Helper()
	if status, text := p.send("/contacts/ana/channels/new", url.Values{"type": {"EMAIL"}, "name": {"mail"}, "email": {"ana@example.org"}, "token": {"channel"}}); status != http.StatusServiceUnavailable || !strings.Contains(text, f.says) {
		p.t.Errorf("a channel during the fault: %d %.3000s", status, text)
	}
	for _, path := range []string{"/contacts", "/contacts/ana", "/contacts?q=ana", "/audit"} {
		status, text := p.read(path)
		if status != http.StatusOK || !strings.Contains(text, "ana") {
			p.t.Errorf("%s during the fault: %d %.300s", path, status, text)
		}
		if !strings.Contains(text, "▲ Nothing can be stored now.") {
			p.t.Errorf("%s does not say that nothing can be stored", path)
		}
	}
	ana := aws.String("arn:aws:ssm-contacts:us-east-1:000000000000:contact/ana")
	_, err := api.CreateContactChannel(p.t.Context(), &ssmcontacts.CreateContactChannelInput{ContactId: ana, Name: aws.String("mail"), Type: types.ChannelTypeEmail,
		DeliveryAddress: &types.ContactChannelAddress{SimpleAddress: aws.String("ana@example.org")}})
	if err == nil || !strings.Contains(err.Error(), "InternalServerException") || !strings.Contains(err.Error(), f.says) {
		p.t.Errorf("a channel through the API: %v, want InternalServerException with %q", err, f.says)
	}
	if out, err := api.GetContact(p.t.Context(), &ssmcontacts.GetContactInput{ContactId: ana}); err != nil || *out.Alias != "ana" {
		p.t.Errorf("GetContact during the fault: %v", err)
	}
}

// writers add contacts all the time. One that is refused is not there, and is sent
// again until it is confirmed.
type writers struct {
	t         *testing.T
	stop      context.CancelFunc
	working   sync.WaitGroup
	answers   chan int // statuses
	mu        sync.Mutex
	confirmed map[string]bool
}

func write(t *testing.T, p *program) *writers {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	w := &writers{t: t, stop: stop, answers: make(chan int), confirmed: map[string]bool{}}
	for n := range 4 {
		w.working.Go(func() { w.work(ctx, p, n) })
	}
	t.Cleanup(w.end)
	return w
}

func (w *writers) work(ctx context.Context, p *program, n int) {
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for made := 0; ctx.Err() == nil; <-pause.C {
		alias := fmt.Sprintf("w%d-%d", n, made)
		r, err := p.post("/contacts/new", url.Values{"alias": {alias}, "token": {alias}})
		switch {
		case err != nil:
			w.t.Errorf("%s: %v", alias, err)
			return
		case r.StatusCode == http.StatusSeeOther:
			w.mu.Lock()
			w.confirmed[alias] = true
			w.mu.Unlock()
			made++
		case r.StatusCode != http.StatusServiceUnavailable:
			w.t.Errorf("%s: status %d", alias, r.StatusCode)
			return
		default:
			if r, err := p.ask(http.MethodGet, "/contacts/"+alias, ""); err != nil || r.StatusCode != http.StatusNotFound {
				w.t.Errorf("%s was refused and is there: %v %v", alias, r, err)
			}
		}
		select {
		case w.answers <- r.StatusCode:
		case <-ctx.Done():
		}
	}
}

// until waits for so many answers with a status.
func (w *writers) until(n, status int) {
	w.t.Helper()
	late := time.After(3 * time.Minute)
	for n > 0 {
		select {
		case got := <-w.answers:
			if got == status {
				n--
			}
		case <-late:
			w.t.Fatalf("%d answers with status %d do not come", n, status)
		}
	}
}

func (w *writers) end() {
	w.stop()
	w.working.Wait()
}
