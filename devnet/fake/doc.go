// Package fake is the privileged side of a devnet that needs no privileges: virtual
// machines in memory, disks that take up no room, and guests that answer SSH on a loopback
// port with the host key that the node made for them. Record, folders and checks are the
// real privileged side's, package guests.
//
// Nothing that a guest is told to run runs on this computer: it knows a handful of words,
// and answers the probe of dbc vm verify.
package fake
