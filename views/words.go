package views

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"callbook/internal/oncall"
)

// word shows a state: a shape, a text, and a CSS class for the colour.
type word struct{ shape, text, class string }

func stateWord(s oncall.ActivationState) word {
	switch s {
	case oncall.Active:
		return word{"●", "Active", "good"}
	case oncall.Deferred:
		return word{"◌", "Activation deferred", "idle"}
	}
	return word{"○", "Not activated", "bad"}
}

func reachabilityWord(r oncall.Reachability) word {
	switch r {
	case oncall.Reachable:
		return word{"●", "Reachable", "good"}
	case oncall.Waiting:
		return word{"◐", "Waiting", "wait"}
	case oncall.Unreachable:
		return word{"○", "Unreachable", "bad"}
	}
	return word{"–", "Not a person", "idle"}
}

func typeWord(t oncall.ChannelType) string {
	switch t {
	case oncall.Voice:
		return "Voice"
	case oncall.Email:
		return "Email"
	}
	return "SMS"
}

// typePhrase returns the type for a sentence: the SMS channel, the voice channel.
func typePhrase(t oncall.ChannelType) string {
	if t == oncall.SMS {
		return "SMS"
	}
	return strings.ToLower(typeWord(t))
}

// ago returns how long before now something happened, rounded.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d < time.Minute:
		return "just now"
	case d < time.Hour:
		return fmt.Sprintf("%d min ago", int(d/time.Minute))
	case d < 24*time.Hour:
		return count(int(d/time.Hour), "hour") + " ago"
	case d < 45*24*time.Hour:
		return count(int(d/(24*time.Hour)), "day") + " ago"
	}
	return "on " + t.Local().Format("2 January 2006")
}

// exact returns a time to the second, with its zone.
func exact(t time.Time) string { return t.Local().Format("2 January 2006, 15:04:05 MST") }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// isolated keeps a right-to-left name from reordering the words around it.
func isolated(name string) string {
	const firstIsolate, popIsolate = "\u2068", "\u2069"
	if !strings.ContainsFunc(name, func(r rune) bool {
		return unicode.In(r, unicode.Hebrew, unicode.Arabic, unicode.Syriac, unicode.Thaana, unicode.Nko, unicode.Adlam)
	}) {
		return name
	}
	return firstIsolate + name + popIsolate
}

// nameOf returns the name of a contact for a sentence.
func nameOf(c oncall.Contact) string { return isolated(c.Name()) }

// channelName returns the name of a channel for a sentence or a link.
func channelName(c oncall.Channel) string { return isolated(c.Label()) }
