package seed

import (
	"bytes"
	"crypto/rand"
	"crypto/sha512"
	"fmt"
	"strings"
)

const (
	cryptAlphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	cryptRounds   = 5000
	saltLen       = 16
	maxPassword   = 256
)

// HashPassword is the crypt(3) hash of a password, method SHA-512 with a fresh
// salt, as /etc/shadow keeps it.
func HashPassword(password string) (string, error) {
	if password == "" || len(password) > maxPassword || strings.ContainsAny(password, "\x00\n\r") {
		return "", fmt.Errorf("%w: password has %d bytes: want 1-%d without line breaks", ErrInvalid, len(password), maxPassword)
	}
	salt := make([]byte, saltLen)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the process instead
	for i, b := range salt {
		salt[i] = cryptAlphabet[b&0x3f]
	}
	return "$6$" + string(salt) + "$" + crypt512([]byte(password), salt), nil
}

// crypt512 is "Unix crypt using SHA-256 and SHA-512" by Ulrich Drepper, the
// digest part, with the default rounds.
// https://www.akkadia.org/drepper/SHA-crypt.txt
func crypt512(password, salt []byte) string {
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
	digest := h.Sum(nil)

	p := stretch(sum(bytes.Repeat(password, len(password))), len(password))
	s := stretch(sum(bytes.Repeat(salt, 16+int(digest[0]))), len(salt))
	for i := range cryptRounds {
		h.Reset()
		write := func(when bool, yes, no []byte) {
			if when {
				h.Write(yes)
			} else {
				h.Write(no)
			}
		}
		write(i%2 == 1, p, digest)
		write(i%3 != 0, s, nil)
		write(i%7 != 0, p, nil)
		write(i%2 == 1, digest, p)
		digest = h.Sum(digest[:0])
	}
	return encodeCrypt(digest)
}

func sum(parts ...[]byte) []byte {
	h := sha512.New()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}

// stretch repeats digest to n bytes.
func stretch(digest []byte, n int) []byte {
	return bytes.Repeat(digest, n/len(digest)+1)[:n]
}

// encodeCrypt writes 64 bytes in crypt's order: three columns of 21 rows, the
// columns turning from row to row, and the last byte alone.
func encodeCrypt(d []byte) string {
	var b strings.Builder
	put := func(v uint32, digits int) {
		for range digits {
			b.WriteByte(cryptAlphabet[v&0x3f])
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
