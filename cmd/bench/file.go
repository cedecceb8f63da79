package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// The promises about a file of the largest size that a page takes, while it is checked.
const (
	maxFileBytes  = 8<<20 - 1<<10 // of the form, without what stands around the file
	maxFileMemory = 160           // MB of the program
	maxFileTime   = 5             // seconds from the form to the result
)

// fileShape is a file of the largest size: a first line, and lines that repeat with another
// number.
type fileShape struct{ name, first, line string }

const channelRow = "alias,name,type,channel,address,country,defer\n"

// fileShapes differ in what a line costs.
var fileShapes = []fileShape{
	{"contacts alone", "alias\n", "p%d\n"},
	{"emails", channelRow, "p-%[1]d,,EMAIL,m,p%[1]d@a.org,,\n"},
	{"numbers of one country", channelRow, "p-%[1]d,Person %[1]d,SMS,Mobile,+4670%07[1]d,,\n"},
	{"numbers of a shared country code", channelRow, "p-%[1]d,Person %[1]d,VOICE,Office,+1206%07[1]d,,\n"},
	{"warnings", channelRow, "p-%[1]d,,SMS,m,+44770090%04[1]d,,\n"},
	{"refusals", channelRow, "NOT %d,-,FAX,-,x,XX,maybe\n"},
	{"duplicates", channelRow, "ana,Ana,SMS,mobile,+12065550100,,%.0[1]d\n"},
	{"one contact", channelRow, "ana,,EMAIL,m,ana%d@a.org,,\n"},
	{"shared addresses", channelRow, "p-%d,,EMAIL,m,team@a.org,,\n"},
	{"long rows", channelRow, "p-%[1]d," + strings.Repeat("Name ", 12_000) + ",EMAIL,m,p%[1]d@a.org,,\n"},
	{"long values", channelRow, "p-%[1]d," + strings.Repeat("Name ", 40) + ",EMAIL," + strings.Repeat("Mail ", 40) + ",p%[1]d@a.org,,\n"},
	{"open quotes", channelRow, "p-%d,\"Ana\n"},
	{"blank rows", channelRow, ",,,,%.0[1]d\n"},
	{"exported channels", "", `{"alias":"p-%d","type":"PERSONAL","channels":[` + strings.Repeat(`{},`, 600_000) + "{}]}\n"},
	{"exported targets", "", `{"alias":"p-%d","type":"PERSONAL","plan":{"Stages":[{"DurationInMinutes":1,"Targets":[` + strings.Repeat(`{},`, 600_000) + "{}]}]}}\n"},
	{"exported plans", "", `{"alias":"p-%d","type":"PERSONAL","plan":{"Stages":[` + strings.TrimSuffix(strings.Repeat(`{"DurationInMinutes":1,"Targets":[`+
		strings.TrimSuffix(strings.Repeat(`{"ContactTargetInfo":{"IsEssential":true}},`, 100), ",")+`]},`, 100), ",") + `]},"channels":[` +
		strings.TrimSuffix(strings.Repeat(`{"type":"EMAIL","name":"m","address":"a@a.org"},`, 100), ",") + "]}\n"},
}

// text returns the file.
func (s fileShape) text() []byte {
	var b bytes.Buffer
	b.WriteString(s.first)
	for n := 0; ; n++ {
		line := fmt.Sprintf(s.line, n)
		if b.Len()+len(line) > maxFileBytes {
			return b.Bytes()
		}
		b.WriteString(line)
	}
}

// benchFiles measures how long the check of a large file takes in the browser, and the
// largest memory of the program meanwhile.
func benchFiles(ctx context.Context, out io.Writer, folder, binary string) error {
	for i, s := range fileShapes {
		took, memory, err := checkFile(ctx, filepath.Join(folder, strconv.Itoa(i)), binary, s.text())
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		record(out, "File/of="+strings.ReplaceAll(s.name, " ", "_"), 1, float64(took), "ns/op", float64(memory), "peak-B")
		atMost("check of a file of 8 MB: "+s.name, took.Seconds(), maxFileTime, "s")
		atMost("memory of it", float64(memory)/(1<<20), maxFileMemory, "MB")
	}
	return nil
}

// checkFile sends a file to a new process and waits for the result.
func checkFile(ctx context.Context, data, binary string, text []byte) (took time.Duration, memory int, err error) {
	p := &program{binary: binary, data: data}
	if err := p.start(ctx); err != nil {
		return 0, 0, err
	}
	defer func() { err = firstOf(err, p.stop()) }()
	if err := p.signIn(ctx); err != nil {
		return 0, 0, err
	}
	begun := time.Now()
	if err := p.upload(ctx, text); err != nil {
		return 0, 0, err
	}
	if err := p.untilChecked(ctx); err != nil {
		return 0, 0, err
	}
	took = time.Since(begun)
	memory, err = peakMemory(p.cmd.Process.Pid)
	return took, memory, err
}

// untilChecked asks for the page until it shows the result, as often as a browser may: each
// page takes processor time from the check.
func (p *program) untilChecked(ctx context.Context) error {
	poll := time.NewTicker(50 * time.Millisecond)
	defer poll.Stop()
	for {
		page, _, err := p.fetch(ctx, "/contacts/import")
		if err != nil || !strings.Contains(page, "<progress") {
			return err
		}
		select {
		case <-poll.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// upload sends a file by the form of the page.
func (c *client) upload(ctx context.Context, text []byte) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "people.csv")
	if err != nil {
		return err
	}
	_, err = part.Write(text)
	if err = firstOf(err, form.Close()); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+c.host+"/contacts/import", &body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Cookie", c.cookie)
	answer, _, err := c.send(r)
	if err == nil && answer.StatusCode != http.StatusSeeOther {
		err = fmt.Errorf("the file is answered by %d", answer.StatusCode)
	}
	return err
}

// peakMemory returns the largest memory of a process so far in bytes, as Linux counts it.
func peakMemory(pid int) (int, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	return inStatus(string(status), "VmHWM:", pid)
}
