package main

import (
	"cmp"
	"path/filepath"

	"callbook/db/sqlite"
	"callbook/internal/config"
	"callbook/views"
)

// about is what the pages say of this installation.
func about(c config.Config, settings []config.Setting) views.About {
	file := filepath.Join(c.Data, "callbook.db")
	a := views.About{Version: version(), Database: whole(file), KeyFile: whole(cmp.Or(c.KeyFile, sqlite.KeyFile(file)))}
	for _, s := range settings {
		a.Settings = append(a.Settings, views.Setting(s))
	}
	return a
}

// whole returns a path from the root, which is the same for every reader.
func whole(path string) string {
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}
