// Package machine is the chain's list of machines for rent: their bonds,
// listings and challenges. Its README is the specification.
package machine
