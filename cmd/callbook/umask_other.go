//go:build !unix

package main

// restrictFiles does nothing where files follow the rights of their folder.
func restrictFiles() {}
