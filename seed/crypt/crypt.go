// Package crypt hashes passwords in the format of /etc/shadow: crypt(3), method
// SHA-512. It is the strongest method that all guests support.
package crypt

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"errors"
	"strings"
)

const (
	alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	rounds   = 5000
	saltLen  = 16

	// MaxPassword is the longest password in bytes: hashing takes quadratic
	// time in its length.
	MaxPassword = 256
)

// ErrPassword means that a password is empty, too long or contains a line
// break.
var ErrPassword = errors.New("password is not 1-256 bytes without line breaks")

// Hash returns "$6$salt$digest" with a random salt.
func Hash(password string) (string, error) {
	if password == "" || len(password) > MaxPassword || strings.ContainsAny(password, "\x00\n\r") {
		return "", ErrPassword
	}
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the process instead
	for i, b := range salt {
		salt[i] = alphabet[b&0x3f]
	}
	return "$6$" + string(salt) + "$" + digest([]byte(password), salt), nil
}

// digest implements the digest part of "Unix crypt using SHA-256 and SHA-512"
// by Ulrich Drepper, with the default rounds.
// https://www.akkadia.org/drepper/SHA-crypt.txt
func digest(password, salt []byte) string {
	alternate := sum(password, salt, password)
	h := sha512.New()
	h.Write(password)
	h.Write(salt)
	h.Write(stretch(alternate, len(password)))
	for n := len(password); n > 0; n >>= 1 {
		if n&1 == 1 {
			h.Write(alternate)
		} else {
			h.Write(password)
		}
	}
	result := h.Sum(nil)

	p := stretch(sum(bytes.Repeat(password, len(password))), len(password))
	s := stretch(sum(bytes.Repeat(salt, 16+int(result[0]))), len(salt))
	for i := range rounds {
		h.Reset()
		write := func(when bool, yes, no []byte) {
			if when {
				h.Write(yes)
			} else {
				h.Write(no)
			}
		}
		write(i%2 == 1, p, result)
		write(i%3 != 0, s, nil)
		write(i%7 != 0, p, nil)
		write(i%2 == 1, result, p)
		result = h.Sum(result[:0])
	}
	return encode(result)
}

func sum(parts ...[]byte) []byte {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// stretch repeats digest up to n bytes.
func stretch(digest []byte, n int) []byte {
	return bytes.Repeat(digest, n/len(digest)+1)[:n]
}

// encode encodes 64 bytes in crypt's order: 21 rows of three columns, which
// rotate from row to row, and the last byte alone.
func encode(d []byte) string {
	var b strings.Builder
	put := func(v uint32, digits int) {
		for range digits {
			b.WriteByte(alphabet[v&0x3f])
			v >>= 6
		}
	}
	for i, x, y, z := 0, 0, 21, 42; i < 21; i++ {
		put(uint32(d[x])<<16|uint32(d[y])<<8|uint32(d[z]), 4)
		x, y, z = y+1, z+1, x+1
	}
	put(uint32(d[63]), 2)
	return b.String()
}
