package crypt

import "testing"

// The vectors are from Drepper's specification and from openssl passwd -6.
func TestVectors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ password, salt, want string }{
		{"Hello world!", "saltstring", "svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"},
		{"a", "0123456789abcdef", "qn2kMgR/Cs9pZI2hZfok3cbi0oHyRjH7NUyfGhPKp6EBvlZWbL3JMmASYlyEBxhP4jB3zti0119AKDkHdAVHI0"},
		{"p@ss:w0rd\"é", "0123456789abcdef", "UQpumM5tdpZGJh5UJaHCagmRi63q68HNzTuQb6d7nMrx5HYT7zMod4oLBBlTVuX1vu6myVZoiVu7FpNiBPEZX0"},
		{"this is a very long password that has more than sixty-four bytes in it, really", "0123456789abcdef", "OdaXuai5PPKwLot1.hR1TGWoHV/XAHqOQfPCbPZnwp.doDSlhYOXF0mbuODFPc/L9rHZ5soQc4hPMS.BTReti0"},
	} {
		if got := digest([]byte(c.password), []byte(c.salt)); got != c.want {
			t.Errorf("%q: got %s, want %s", c.password, got, c.want)
		}
	}
}
