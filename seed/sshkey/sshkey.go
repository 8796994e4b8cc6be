// Package sshkey parses the public keys that renters supply: a line in the API,
// or a file as written by editors, PuTTY and Windows. All programs use the same
// parser, so that no key is accepted in one place and refused in another, and
// none is accepted that permits no login.
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
	// MaxKeys bounds the number of keys of a VM.
	MaxKeys = 16
	// MaxLine bounds a key's line in bytes.
	MaxLine = 16 << 10
	// MaxFile bounds a file in bytes.
	MaxFile = MaxKeys * MaxLine
	// minRSA is the smallest size in bits that the sshd of distributions
	// accepts.
	minRSA = 2048
)

// Code says what is wrong with a key. The program that shows it has the text.
type Code string

// Problems of a key.
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

// remedies say what to do about each problem.
var remedies = map[Code]string{
	CodeEmpty:       "give the line of a .pub file; ssh-keygen -t ed25519 makes a key",
	CodeBroken:      "give the whole line of a .pub file: type, key, comment; it must not be wrapped or cut off",
	CodeOptions:     "leave out what precedes the type: a VM's keys have no options; restrict them inside the VM",
	CodeDSA:         "make another key with ssh-keygen -t ed25519: no current sshd accepts DSA",
	CodeShortRSA:    "make another key with ssh-keygen -t ed25519: sshd requires RSA keys of 2048 bits or more",
	CodeCertificate: "give the key's own .pub file, not the one that ends in -cert.pub",
	CodePrivate:     "give the file that ends in .pub; the private key must stay with you",
	CodeSSH2:        "convert it with ssh-keygen -i -f FILE, or copy the line that PuTTYgen shows for authorized_keys",
	CodeTooLong:     "give one key a line",
	CodeTooMany:     "give fewer",
}

// Error says why a key was refused. It never contains the key.
type Error struct {
	Code Code
	// Line is the line of the file, or 0 for a key that is not from a file.
	Line int
}

// Error states the line, the problem and the remedy.
func (e *Error) Error() string {
	where := "ssh key"
	if e.Line > 0 {
		where = fmt.Sprintf("ssh key in line %d", e.Line)
	}
	return fmt.Sprintf("%s: %s: %s", where, e.What(), e.Remedy())
}

// What returns the problem.
func (e *Error) What() string {
	return map[Code]string{
		CodeEmpty: "there is none", CodeBroken: "it is none", CodeOptions: "it has options", CodeDSA: "it is a DSA key",
		CodeShortRSA: "it is an RSA key of less than 2048 bits", CodeCertificate: "it is a certificate", CodePrivate: "it is a private key",
		CodeSSH2: "it is in PuTTY's or SSH2's form", CodeTooLong: "it is too long", CodeTooMany: "there are too many",
	}[e.Code]
}

// Remedy returns what to do about it.
func (e *Error) Remedy() string { return remedies[e.Code] }

// Parse parses one key and returns its line for authorized_keys: type and key.
// It drops options, which are instructions to the guest's sshd, and the
// comment, which may reveal the name of the renter's computer. The error is an
// *Error.
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

// unread returns why a key could not be parsed: x/crypto does not know DSA keys
// of odd sizes.
func unread(line string) Code {
	if strings.HasPrefix(line, "ssh-dss ") {
		return CodeDSA
	}
	return CodeBroken
}

// unfit returns why a parsed key permits no login.
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

// ReadFile parses the text of a public key file, or several keys with one per
// line: UTF-8 with or without a byte order mark, or UTF-16 with one, with the
// line ends of any system. Empty lines and comments are skipped. An invalid
// line is never skipped: its owner would only find out when the login fails.
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

// lineEnds replaces the line ends of Windows and classic Mac OS.
var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func at(err error, line int) error {
	if e, ok := err.(*Error); ok { //nolint:errorlint // Parse returns no other, unwrapped
		return &Error{e.Code, line}
	}
	return err
}

// decode returns the text of a file in UTF-8. A file that is not text is
// returned unchanged, and is then not a key.
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
