package gpt

import (
	"bytes"
	"errors"
	"io"
	"testing"
)

type disk []byte

func (d disk) ReadAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > int64(len(d)) {
		return 0, io.EOF
	}
	return copy(p, d[at:]), nil
}

func (d disk) WriteAt(p []byte, at int64) (int, error) {
	if at+int64(len(p)) > int64(len(d)) {
		return 0, io.ErrShortWrite
	}
	return copy(d[at:], p), nil
}

func written(t *testing.T, sectors uint64) disk {
	t.Helper()
	d := make(disk, sectors*Sector)
	err := Write(d, sectors, GUID{1}, []Partition{
		{Type: BIOSBoot, ID: GUID{2}, First: 34, Last: 63, Name: "boot"},
		{Type: Linux, ID: GUID{3}, First: 64, Last: LastUsable(sectors), Name: "root"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestGrowLast(t *testing.T) {
	t.Parallel()
	small, large := uint64(1000), uint64(5000)
	d := written(t, small)
	if n, p, grown, err := GrowLast(d, small); err != nil || grown || n != 2 || p.First != 64 {
		t.Fatalf("nothing to grow: %d %+v %v %v", n, p, grown, err)
	}
	d = append(d, make(disk, (large-small)*Sector)...)
	n, p, grown, err := GrowLast(d, large)
	if err != nil || !grown || n != 2 || p != (Partition{First: 64, Last: LastUsable(large)}) {
		t.Fatalf("grow: %d %+v %v %v", n, p, grown, err)
	}
	if want := written(t, large); !bytes.Equal(d[:small*Sector-33*Sector], want[:small*Sector-33*Sector]) {
		t.Error("a grown table differs from one written for that size")
	}
	if !bytes.Equal(d[(large-33)*Sector:], written(t, large)[(large-33)*Sector:]) {
		t.Error("the copy at the end differs")
	}
	if _, _, grown, err := GrowLast(d, large); err != nil || grown {
		t.Errorf("again: %v %v", grown, err)
	}
}

func TestDamagedTablesAreLeftAlone(t *testing.T) {
	t.Parallel()
	for _, at := range []int{Sector, Sector + 20, Sector + 90, 2*Sector + 5} {
		d := written(t, 1000)
		d[at] ^= 1
		before := bytes.Clone(d)
		if _, _, _, err := GrowLast(d, 1000); !errors.Is(err, ErrTable) {
			t.Errorf("byte %d: %v", at, err)
		}
		if !bytes.Equal(before, d) {
			t.Errorf("byte %d: written to", at)
		}
	}
}

func TestWriteRefusesWhatDoesNotFit(t *testing.T) {
	t.Parallel()
	for _, p := range []Partition{{First: 33, Last: 40}, {First: 50, Last: 40}, {First: 50, Last: 967}} {
		if err := Write(make(disk, 1000*Sector), 1000, GUID{}, []Partition{p}); !errors.Is(err, ErrTable) {
			t.Errorf("%+v: %v", p, err)
		}
	}
}

func FuzzGrowLast(f *testing.F) {
	d := make(disk, 200*Sector)
	_ = Write(d, 200, GUID{1}, []Partition{{Type: Linux, First: 34, Last: 100}})
	f.Add([]byte(d[:40*Sector]))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d := make(disk, 200*Sector)
		copy(d, raw)
		if _, p, grown, err := GrowLast(d, 200); err == nil && grown && p.Last != LastUsable(200) {
			t.Errorf("grown to %d", p.Last)
		}
	})
}
