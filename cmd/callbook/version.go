package main

import (
	"cmp"
	"runtime"
	"runtime/debug"
	"strings"
)

// release, commit and changes say what was built, where the builder knows it:
// the linker fills them in (internal/packaging/flags). They are not changed later.
var (
	release string // 1.2.0
	commit  string
	changes string // not empty: there were changes that are in no commit
)

// version names the build: its version, the commit, and the compiler.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return describe(build{release, commit, changes != ""}, recorded(info))
}

// build is what a program was made from; "" is not known.
type build struct {
	release string
	commit  string
	changed bool
}

// recorded is what go build has found out by itself: nothing of a commit in a
// worktree of git, outside of a clone, or with -buildvcs=false.
func recorded(info *debug.BuildInfo) build {
	b := build{release: strings.TrimPrefix(info.Main.Version, "v")}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value
		case "vcs.modified":
			b.changed = s.Value == "true"
		}
	}
	return b
}

// describe is a build in words. What the builder has said comes before what go
// build has found.
func describe(said, found build) string {
	b := said
	if b.commit == "" {
		b.commit, b.changed = found.commit, found.changed
	}
	b.commit = cmp.Or(b.commit, "unknown")
	text := cmp.Or(b.release, found.release, "(devel)") + " (commit " + b.commit[:min(12, len(b.commit))]
	if b.changed {
		text += " with changes"
	}
	return text + ", " + runtime.Version() + ")"
}
