// Package packaging holds how Callbook is installed: a unit of systemd, the
// Dockerfile, what the Debian package consists of, and the scripts that build them.
// It has no code. Its tests hold those files against the program and each other;
// they need neither systemd, Docker nor dpkg.
package packaging
