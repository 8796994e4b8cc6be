package auth

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/btcsuite/btcd/btcutil/base58"
	"github.com/btcsuite/btcd/btcutil/bech32"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
)

// malformed fails the test unless err is ErrMalformed and contains says.
func malformed(t *testing.T, name string, err error, says string) {
	t.Helper()
	if !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: got %v, want one that says %q", name, err, says)
	}
}

func TestWalletIsAKeysAddress(t *testing.T) {
	t.Parallel()
	encode := func(prefix string, size int) string {
		address, err := bech32.EncodeFromBase256(prefix, make([]byte, size))
		if err != nil {
			t.Fatal(err)
		}
		return address
	}
	digits, err := bech32.ConvertBits(make([]byte, 20), 8, 5, true)
	if err != nil {
		t.Fatal(err)
	}
	bech32m, err := bech32.EncodeM("dbc", digits)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ wallet, says string }{
		"a module's":           {encode("dbc", 32), "want 42"},
		"another chain's":      {encode("abc", 20), `prefix "abc"`},
		"a shorter prefix":     {encode("d", 21), `prefix "d"`},
		"a longer prefix":      {encode("dbcd", 19), `prefix "dbcd"`},
		"a wrong check":        {vectorAddress[:41] + "q", "invalid checksum"},
		"a check of bech32m":   {bech32m, "bech32m"},
		"in capitals":          {strings.ToUpper(vectorAddress), "lower-case"},
		"one that is too long": {vectorAddress + "q", "want 42"},
	} {
		malformed(t, name, CheckWallet(c.wallet), c.says)
	}
	if err := CheckWallet(vectorAddress); err != nil {
		t.Error(err)
	}
}

func TestEncodeSignRefusesWhatVerifiersWould(t *testing.T) {
	t.Parallel()
	raw, _ := hex.DecodeString(vectorSign)
	pub, sig := raw[:pubKeySize], raw[pubKeySize:]
	if got, err := EncodeSign(pub, sig); err != nil || got != vectorSign {
		t.Errorf("got %s, %v", got, err)
	}
	uncompressed := vectorKey().PubKey().SerializeUncompressed()
	order := secp256k1.Params().N.FillBytes(make([]byte, 32))
	for name, c := range map[string]struct {
		pub, sig []byte
		says     string
	}{
		"an uncompressed key": {uncompressed, sig, "public key has 65 bytes"},
		"no point":            {append([]byte{2}, slices.Repeat([]byte{0xff}, 32)...), sig, "public key"},
		"a short signature":   {pub, sig[1:], "signature has 63 bytes"},
		"r is the order":      {pub, append(slices.Clone(order), sig[32:]...), "out of range"},
		"s is the order":      {pub, append(slices.Clone(sig[:32]), order...), "out of range"},
		// A value above the order equals another one modulo the order, and
		// would be a second spelling of the same signature.
		"r beyond the order": {pub, append(slices.Repeat([]byte{0xff}, 32), sig[32:]...), "out of range"},
		"s beyond the order": {pub, append(slices.Clone(sig[:32]), slices.Repeat([]byte{0xff}, 32)...), "out of range"},
	} {
		got, err := EncodeSign(c.pub, c.sig)
		malformed(t, name, err, c.says)
		if got != "" {
			t.Errorf("%s: got %s", name, got)
		}
	}
}

func TestHexHasOneSpelling(t *testing.T) {
	t.Parallel()
	if got, err := decodeHex("0123456789abcdef", 16); err != nil || hex.EncodeToString(got) != "0123456789abcdef" {
		t.Errorf("got %x, %v", got, err)
	}
	for _, c := range "/:`gAF @\x00\xff" {
		if got, err := decodeHex("0"+string(c), 1+len(string(c))); err == nil || got != nil || strings.Contains(err.Error(), "hex:") {
			t.Errorf("%q: got %x, %v", c, got, err)
		}
	}
	_, _, err := decodeSign("zz")
	malformed(t, "sign", err, "field sign: 2 characters")
}

func TestRequestLimits(t *testing.T) {
	t.Parallel()
	fits := strings.Repeat("/", maxField)
	for name, c := range map[string]struct {
		change func(*Exact)
		says   string
	}{
		"target of 4096":         {func(e *Exact) { e.Target = fits }, ""},
		"target of 4097":         {func(e *Exact) { e.Target = fits + "/" }, "target has 4097 bytes"},
		"first that is no space": {func(e *Exact) { e.Target = "/!~" }, ""},
		"a delete":               {func(e *Exact) { e.Target = "/\x7f" }, "control character"},
		"beyond ASCII":           {func(e *Exact) { e.Target = "/ä\u0080" }, ""},
		"a nonce of 16":          {func(e *Exact) { e.Nonce = "09azAZ-_09azAZ-_" }, ""},
		"a nonce of 15":          {func(e *Exact) { e.Nonce = strings.Repeat("0", 15) }, "15 characters"},
		"a nonce of 64":          {func(e *Exact) { e.Nonce = strings.Repeat("z", 64) }, ""},
		"a nonce of 65":          {func(e *Exact) { e.Nonce = strings.Repeat("z", 65) }, "65 characters"},
		"the last time":          {func(e *Exact) { e.Time = maxUnix }, ""},
		"no time":                {func(e *Exact) { e.Time = maxUnix + 1 }, "time 253402300800"},
	} {
		e := request("")
		c.change(&e)
		if err := e.Validate(); c.says == "" && err != nil {
			t.Errorf("%s: %v", name, err)
		} else if c.says != "" {
			malformed(t, name, err, c.says)
		}
	}
	for _, c := range "/:@[`{^ .\x00\u00e9" {
		malformed(t, "nonce with "+string(c), checkNonce(testNonce+string(c)), "only letters")
	}
}

func TestHeaderRefusals(t *testing.T) {
	t.Parallel()
	fields := []string{"v1", vectorAddress, "1795435200", testNonce, vectorSign, strings.Repeat("ab", 32)}
	for name, c := range map[string]struct {
		field       int
		value, says string
	}{
		"a wallet that is none":    {1, "dbc1x", "field wallet"},
		"a time that is no number": {2, "17954352oo", "plain number"},
		"a time with a zero":       {2, "01795435200", "plain number"},
		"a time of 0":              {2, "0", "time 0 is not"},
		"a nonce that is short":    {3, "0123", "field nonce has 4"},
		"a sign that is short":     {4, vectorSign[2:], "field sign"},
		"a session in capitals":    {5, strings.Repeat("AB", 32), "field session"},
		"a session that is short":  {5, "ab", "field session"},
		"a seventh field":          {5, strings.Repeat("ab", 32) + " x", "want \"v1"},
		"too much":                 {5, strings.Repeat("a", maxHeader), "at most 512"},
	} {
		f := slices.Clone(fields)
		f[c.field] = c.value
		got, err := ParseHeader(strings.Join(f, " "))
		malformed(t, name, err, c.says)
		if got != (Credential{}) {
			t.Errorf("%s: left %+v", name, got)
		}
	}
	_, err := ParseHeader(strings.Join(fields[:4], " "))
	malformed(t, "four fields", err, "want \"v1")
	_, err = ParseHeader(strings.Repeat(" ", maxHeader))
	malformed(t, "512 bytes", err, "want \"v1")
	_, err = ParseHeader(strings.Repeat(" ", maxHeader+1))
	malformed(t, "513 bytes", err, "at most 512")
}

// The content of a malformed header must not reach the text that a refusal is
// signed over.
func TestRefusedHeaderCountsAsAbsent(t *testing.T) {
	t.Parallel()
	v, _ := newVerifier()
	header, err := SignExact(t.Context(), NewSigner(vectorKey()), request(""))
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Verify(t.Context(), header+" x", "GET", "/", nil, anybody)
	malformed(t, "header", err, "field session")
	if want := v.Exact(Credential{}, "GET", "/", nil).Text(); got.Text != want {
		t.Errorf("got %q, want %q", got.Text, want)
	}
	for name, target := range map[string]string{"a line break": "/a\nb", "no target": ""} {
		e := request("")
		e.Target = target
		sign, err := NewSigner(vectorKey()).Sign(t.Context(), e.Text())
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.Verify(t.Context(), Header(vectorAddress, e.Time, e.Nonce, sign, ""), e.Method, target, nil, anybody)
		malformed(t, name, err, "target has")
		if got.Text != e.Text() || got.Wallet != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestSignThatNoKeyMade(t *testing.T) {
	t.Parallel()
	v, used := newVerifier()
	sign := "02" + strings.Repeat("f", 64) + vectorSign[66:]
	got, err := v.Verify(t.Context(), Header(vectorAddress, testNow.Unix(), testNonce, sign, ""), "GET", "/", nil, anybody)
	malformed(t, "no point", err, "public key")
	if got.Wallet != "" || got.Text == "" || len(used) > 0 {
		t.Errorf("got %+v", got)
	}
}

func TestNonceIsKeptASecondBeyondTheWindow(t *testing.T) {
	t.Parallel()
	v, used := newVerifier()
	header, err := SignExact(t.Context(), NewSigner(vectorKey()), request(""))
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, anybody)
	if err != nil || got.Text != request("").Text() {
		t.Fatal(got, err)
	}
	if until := used[vectorAddress+testNonce]; !until.Equal(testNow.Add(MaxSkew + time.Second)) {
		t.Errorf("kept until %v", until)
	}
	if got, err := v.Verify(t.Context(), header, "POST", "/api/v1/tasks?a=b", nil, anybody); !errors.Is(err, ErrReplayed) || got.Text != request("").Text() {
		t.Errorf("a replay: %+v, %v", got, err)
	}
}

func TestSkewNamesBothClocks(t *testing.T) {
	t.Parallel()
	e := &SkewError{Sent: testNow.Add(-time.Hour), Server: testNow}
	if got := e.Error(); !strings.Contains(got, "sent 1795431600, server's time 1795435200, at most 120 seconds apart") {
		t.Error(got)
	}
	v, _ := newVerifier()
	sent := request("")
	sent.Time -= 3600
	header, err := SignExact(t.Context(), NewSigner(vectorKey()), sent)
	if err != nil {
		t.Fatal(err)
	}
	_, err = v.Verify(t.Context(), header, sent.Method, sent.Target, nil, anybody)
	var skew *SkewError
	if !errors.As(err, &skew) || !skew.Sent.Equal(testNow.Add(-time.Hour)) || !skew.Server.Equal(testNow) {
		t.Errorf("got %v", err)
	}
}

// nonce encodes a ticket, valid or not, from its parts.
func nonce(version byte, issued, expires uint64, more int, machine string) string {
	id, _ := hex.DecodeString(machine)
	b := binary.BigEndian.AppendUint64(nil, issued)
	b = binary.BigEndian.AppendUint64(b, expires)
	return base58.CheckEncode(append(append(b, make([]byte, more)...), id...), version)
}

func TestTicketNonceRefusals(t *testing.T) {
	t.Parallel()
	now := uint64(testNow.Unix())
	for name, c := range map[string]struct{ nonce, says string }{
		"another version":        {nonce(2, now, now+60, 16, ""), "version 2"},
		"a byte less":            {nonce(1, now, now+60, 15, ""), "with 31 bytes"},
		"a byte more":            {nonce(1, now, now+60, 17, ""), "with 33 bytes"},
		"half a machine":         {nonce(1, now, now+60, 16, testMachine[:32]), "with 48 bytes"},
		"issued at 0":            {nonce(1, 0, 60, 16, ""), "time 0 is not"},
		"issued after 9999":      {nonce(1, maxUnix+1, maxUnix, 16, ""), "out of range"},
		"expires after 9999":     {nonce(1, maxUnix, maxUnix+1, 16, ""), "out of range"},
		"issued before 1970":     {nonce(1, 1<<64-60, 60, 16, ""), "out of range"},
		"for no time":            {nonce(1, now, now, 16, ""), "life is 0s"},
		"for a day and a second": {nonce(1, now, now+86401, 16, ""), "life is 24h0m1s"},
		"backwards":              {nonce(1, now, now-60, 16, ""), "life is -1m0s"},
		"a machine that is none": {nonce(1, now, now+60, 16, "01"+strings.Repeat("00", 31)), "low order"},
		"a wrong check":          {swap(nonce(1, now, now+60, 16, "")), base58.ErrChecksum.Error()},
		"129 characters":         {strings.Repeat("2", 129), "has 129 characters"},
		"128 characters":         {strings.Repeat("2", 128), "new ticket with sign_tool"},
		"beyond the alphabet":    {"0OIl", "not of Base58"},
	} {
		got, err := ParseTicket(c.nonce)
		malformed(t, name, err, c.says)
		if got != (Ticket{}) {
			t.Errorf("%s: left %+v", name, got)
		}
	}
	if got, err := ParseTicket(nonce(1, maxUnix-1, maxUnix, 16, "")); err != nil || got.Expires.Unix() != maxUnix || got.MachineID != "" {
		t.Errorf("the last ticket: %+v, %v", got, err)
	}
}

func TestTicketIsRefusedBeforeItIsSigned(t *testing.T) {
	t.Parallel()
	for name, ticket := range map[string]Ticket{
		"no life":            {Issued: testNow, Expires: testNow},
		"issued before 1970": {Issued: time.Unix(-60, 0), Expires: time.Unix(60, 0)},
		"no machine":         {Issued: testNow, Expires: testNow.Add(time.Hour), MachineID: "x"},
	} {
		got, err := SignTicket(t.Context(), NewSigner(vectorKey()), ticket)
		malformed(t, name, err, "")
		if got != "" {
			t.Errorf("%s: signed %s", name, got)
		}
	}
	got, err := NewTicket(testNow.Add(999*time.Millisecond), 90*time.Second+999*time.Millisecond, "")
	if err != nil || !got.Issued.Equal(testNow) || !got.Expires.Equal(testNow.Add(90*time.Second)) {
		t.Errorf("not in whole seconds: %+v, %v", got, err)
	}
	sign, err := SignTicket(t.Context(), NewSigner(vectorKey()), got)
	if err != nil {
		t.Fatal(err)
	}
	broken := "02" + strings.Repeat("f", 64) + sign[66:]
	ticket, err := VerifyTicket(vectorAddress, got.Nonce(), broken, testMachine, testNow)
	malformed(t, "a sign of no key", err, "public key")
	if ticket != (Ticket{}) {
		t.Errorf("left %+v", ticket)
	}
}

func TestVerifySessionRefuses(t *testing.T) {
	t.Parallel()
	id := SessionID(testMachine, vectorAddress, "a-nonce", 7)
	if id != "4b8635b93cdfd016e024c05d16c8e75a154ba09b662221d3fcb106d725d16571" {
		t.Errorf("id %s", id)
	}
	sign, err := SignSession(t.Context(), NewSigner(vectorKey()), id)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifySession(vectorAddress, id, " "+sign+"\n"); err != nil {
		t.Errorf("pasted with spaces: %v", err)
	}
	malformed(t, "no sign", VerifySession(vectorAddress, id, ""), "field sign")
	long := strings.Repeat("a", 65)
	if sign, err = NewSigner(vectorKey()).Sign(t.Context(), long); err != nil {
		t.Fatal(err)
	}
	malformed(t, "a long id", VerifySession(vectorAddress, long, sign), "field session_id")
	malformed(t, "a machine id", VerifyReply("x", "", 200, nil, strings.Repeat("0", 128)), "machine id: 1 characters")
}
