// Package sshkey reads the public keys that renters give: a line of the API, or a
// file as editors, PuTTY and Windows leave it. One reader for all of them, so
// that no key is taken in one place and refused in another, and none is taken
// that lets nobody in.
package sshkey

import (
	"bytes"
	"crypto/rsa"
	"fmt"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/ssh"
)

const (
	// MaxKeys bounds the keys of a VM.
	MaxKeys = 16
	// MaxLine bounds a key's line in bytes.
	MaxLine = 16 << 10
	// MaxFile bounds in bytes what is read of a file.
	MaxFile = MaxKeys * MaxLine
	// minRSA is the least size in bits that distributions' sshds take.
	minRSA = 2048
)

// Code says what is wrong with a key. The program that shows it has the words.
type Code string

// What can be wrong with a key.
const (
	CodeEmpty       Code = "EMPTY"
	CodeBroken      Code = "BROKEN"
	CodeOptions     Code = "OPTIONS"
	CodeDSA         Code = "DSA"
	CodeShortRSA    Code = "SHORT_RSA"
	CodeCertificate Code = "CERTIFICATE"
	CodePrivate     Code = "PRIVATE_KEY"
	CodeSSH2        Code = "SSH2_FILE"
	CodeTooLong     Code = "TOO_LONG"
	CodeTooMany     Code = "TOO_MANY"
)

// remedies are what to do about each.
var remedies = map[Code]string{
	CodeEmpty:       "give the line of a .pub file; ssh-keygen -t ed25519 makes a key",
	CodeBroken:      "give the whole line of a .pub file: type, key, comment; it must not be wrapped or cut off",
	CodeOptions:     "leave out what stands before the type: a VM's keys have no options; restrict them inside the VM",
	CodeDSA:         "make another key with ssh-keygen -t ed25519: no current sshd takes DSA",
	CodeShortRSA:    "make another key with ssh-keygen -t ed25519: sshd wants RSA keys of 2048 bits or more",
	CodeCertificate: "give the key's own .pub file, not the one that ends in -cert.pub",
	CodePrivate:     "give the file that ends in .pub; the private key must stay with you",
	CodeSSH2:        "convert it with ssh-keygen -i -f FILE, or copy the line that PuTTYgen shows for authorized_keys",
	CodeTooLong:     "give one key a line",
	CodeTooMany:     "give fewer",
}

// Error is why a key was not taken. It never holds the key.
type Error struct {
	Code Code
	// Line is the line of the file, 0 for a key that is no file's.
	Line int
}

// Error names the line, what is wrong and the remedy.
func (e *Error) Error() string {
	where := "ssh key"
	if e.Line > 0 {
		where = fmt.Sprintf("ssh key in line %d", e.Line)
	}
	return fmt.Sprintf("%s: %s: %s", where, e.What(), e.Remedy())
}

// What says what is wrong.
func (e *Error) What() string {
	return map[Code]string{
		CodeEmpty: "there is none", CodeBroken: "it is none", CodeOptions: "it has options", CodeDSA: "it is a DSA key",
		CodeShortRSA: "it is an RSA key of less than 2048 bits", CodeCertificate: "it is a certificate", CodePrivate: "it is a private key",
		CodeSSH2: "it is in PuTTY's or SSH2's form", CodeTooLong: "it is too long", CodeTooMany: "there are too many",
	}[e.Code]
}

// Remedy says what to do.
func (e *Error) Remedy() string { return remedies[e.Code] }

// Parse reads one key and returns its line for authorized_keys: type and key.
// Options would be orders to the guest's sshd; a comment names the renter's
// computer and is nobody's business. The error is an *Error.
func Parse(line string) (string, error) {
	switch {
	case strings.TrimSpace(line) == "":
		return "", &Error{Code: CodeEmpty}
	case strings.Contains(line, "PRIVATE KEY") || strings.HasPrefix(line, "PuTTY-User-Key-File"):
		return "", &Error{Code: CodePrivate}
	case strings.Contains(line, "BEGIN SSH2"):
		return "", &Error{Code: CodeSSH2}
	case len(line) > MaxLine:
		return "", &Error{Code: CodeTooLong}
	case strings.ContainsAny(line, "\n\r\x00"):
		return "", &Error{Code: CodeBroken}
	}
	key, _, options, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(rest) > 0 {
		return "", &Error{Code: unread(line)}
	}
	if len(options) > 0 {
		return "", &Error{Code: CodeOptions}
	}
	if code := unfit(key); code != "" {
		return "", &Error{Code: code}
	}
	return strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key))), nil
}

// unread tells apart what could not be read: x/crypto knows no DSA of odd sizes.
func unread(line string) Code {
	if strings.HasPrefix(line, "ssh-dss ") {
		return CodeDSA
	}
	return CodeBroken
}

// unfit returns why a key that was read lets nobody in.
func unfit(key ssh.PublicKey) Code {
	if _, ok := key.(*ssh.Certificate); ok {
		return CodeCertificate
	}
	switch key.Type() {
	case "ssh-dss":
		return CodeDSA
	case ssh.KeyAlgoRSA:
		crypto, ok := key.(ssh.CryptoPublicKey)
		if !ok {
			return CodeBroken
		}
		if k, ok := crypto.CryptoPublicKey().(*rsa.PublicKey); !ok || k.N.BitLen() < minRSA {
			return CodeShortRSA
		}
	}
	return ""
}

// ReadFile reads the text of a public key file, or of several keys, one a line:
// UTF-8 with or without a byte order mark, or UTF-16 with one; lines end as on
// any system; empty lines and comments are passed over. A line that is wrong is
// never passed over: its owner would find out when he cannot log in.
func ReadFile(text []byte) ([]string, error) {
	if len(text) > MaxFile {
		return nil, &Error{Code: CodeTooLong}
	}
	decoded := decode(text)
	if strings.HasPrefix(strings.TrimSpace(decoded), "---- BEGIN SSH2") {
		return nil, &Error{Code: CodeSSH2, Line: 1}
	}
	var keys []string
	for i, line := range strings.Split(lineEnds.Replace(decoded), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		key, err := Parse(line)
		if err != nil {
			return nil, at(err, i+1)
		}
		if keys = append(keys, key); len(keys) > MaxKeys {
			return nil, &Error{Code: CodeTooMany}
		}
	}
	if len(keys) == 0 {
		return nil, &Error{Code: CodeEmpty}
	}
	return keys, nil
}

// lineEnds are Windows' and the old Mac's.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func at(err error, line int) error {
	if e, ok := err.(*Error); ok { //nolint:errorlint // Parse returns no other, unwrapped
		return &Error{e.Code, line}
	}
	return err
}

// decode returns the text of a file in UTF-8. What is none stays as it is, and is
// then no key.
func decode(text []byte) string {
	order := func(high, low int) string {
		units := make([]uint16, 0, len(text)/2)
		for i := 2; i+1 < len(text); i += 2 {
			units = append(units, uint16(text[i+high])<<8|uint16(text[i+low]))
		}
		return string(utf16.Decode(units))
	}
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}):
		return order(1, 0)
	case bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return order(0, 1)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(text) {
		return strings.ToValidUTF8(string(text), "\uFFFD")
	}
	return string(text)
}
