package delivery

// NewSMTPTrusting is NewSMTP with roots of the test's own.
var NewSMTPTrusting = newSMTP

// Lease is for how long a message is claimed.
const Lease = lease
