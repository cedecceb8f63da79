package config

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v3"
)

// Setting is the value of one setting, for people to read, and where it comes
// from.
type Setting struct {
	Flag     string // --log-level
	Variable string // CALLBOOK_LOG_LEVEL
	Usage    string
	Value    string // empty: none; of a secret only "set" or "not set"
	Source   string // "flag", "environment" or "default"
}

// Settings lists settings after the command line was read. The value of a secret
// is not in it.
func Settings(flags []cli.Flag) []Setting {
	var list []Setting
	for _, f := range flags {
		name := f.Names()[0]
		s := Setting{Flag: "--" + name, Variable: EnvName(name), Value: valueOf(f), Source: sourceOf(f)}
		if doc, ok := f.(cli.DocGenerationFlag); ok {
			s.Usage = strings.ReplaceAll(doc.GetUsage(), "`", "")
		}
		if _, secret := f.(secretFlag); secret {
			s.Value = setOrNot(s.Value)
		}
		list = append(list, s)
	}
	return list
}

func setOrNot(secret string) string {
	if secret == "" {
		return "not set"
	}
	return "set"
}

func valueOf(f cli.Flag) string {
	switch value := f.Get().(type) {
	case bool:
		if value {
			return "on"
		}
		return "off"
	default:
		return fmt.Sprint(value)
	}
}

// sourceOf says where a value comes from: the library asks for a variable only
// where no flag is given.
func sourceOf(f cli.Flag) string {
	if !f.IsSet() {
		return "default"
	}
	var sources cli.ValueSourceChain
	switch f := f.(type) {
	case *cli.StringFlag:
		sources = f.Sources
	case secretFlag:
		sources = f.Sources
	case *cli.BoolFlag:
		sources = f.Sources
	case *cli.IntFlag:
		sources = f.Sources
	case *cli.DurationFlag:
		sources = f.Sources
	}
	for _, s := range sources.Chain {
		if v, ok := s.(*variable); ok && v.used {
			return "environment"
		}
	}
	return "flag"
}
