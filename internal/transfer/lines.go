package transfer

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// lines reads the lines of a text. A line ends with a line feed, with one or two carriage
// returns before it, or with a carriage return alone.
type lines struct {
	r    *bufio.Reader
	last int      // the number of the line that was read last; the first line is 1
	back []string // lines that were put back
	buf  []byte   // kept for its memory
}

// errLineTooLong is the error of a line of more than maxRowBytes.
var errLineTooLong = errors.New("transfer: a line is too long")

// next returns the next line without what ends it, or io.EOF. It fails with errLineTooLong,
// and with the errors of the reader.
func (l *lines) next() (string, error) {
	if len(l.back) > 0 {
		line := l.back[0]
		l.back = l.back[1:]
		l.last++
		return line, nil
	}
	l.buf = l.buf[:0]
	for {
		if _, err := l.r.Peek(1); err != nil { // it fills the buffer
			if errors.Is(err, io.EOF) && len(l.buf) > 0 {
				break
			}
			return "", err
		}
		chunk, _ := l.r.Peek(l.r.Buffered()) // so many there are
		end := bytes.IndexAny(chunk, "\r\n")
		if end < 0 {
			end = len(chunk)
		}
		if l.buf = append(l.buf, chunk[:end]...); len(l.buf) > maxRowBytes {
			return "", errLineTooLong
		}
		ended := end < len(chunk)
		carriage := ended && chunk[end] == '\r'
		_, _ = l.r.Discard(min(end+1, len(chunk)))
		if carriage {
			l.skipLineFeed()
		}
		if ended {
			break
		}
	}
	l.last++
	return string(l.buf), nil
}

// skipLineFeed skips what belongs to a carriage return that was read: a line feed, also
// after one more carriage return, as programs write it that convert the ends of lines
// twice.
func (l *lines) skipLineFeed() {
	for n := 1; n <= 2; n++ {
		after, _ := l.r.Peek(n)
		if bytes.Equal(after, []byte("\n")) || bytes.Equal(after, []byte("\r\n")) {
			_, _ = l.r.Discard(n) // Peek has read them
			return
		}
	}
}

// putBack makes next return these lines again, which were read last.
func (l *lines) putBack(read []string) {
	l.back = append(read, l.back...)
	l.last -= len(read)
}
