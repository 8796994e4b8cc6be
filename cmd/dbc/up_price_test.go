package main

import (
	"errors"
	"math"
	"strings"
	"testing"
)

func TestParsePrice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]uint64{
		"2.5/h": 60_000_000, "1/hour": 24_000_000, "60/day": 60_000_000, "0.000001/d": 1, " 3 / day": 3_000_000, "２．５／ｈ": 60_000_000, "１。５ / day": 1_500_000, "18000000000000/h": math.MaxUint64,
	} {
		if got, err := parsePrice(text); err != nil || got != want {
			t.Errorf("%q: %d %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "5/", "5/week", "/h", "0/h", "-1/h", "x/h", "1e3/h", "5/h/h", "1,5/h", "１，５／ｈ", "٣/h"} {
		if got, err := parsePrice(text); err == nil || !strings.Contains(err.Error(), "--max-price") {
			t.Errorf("%q: %d %v", text, got, err)
		}
	}
}

func row4090(id string, change func(*machineRow)) machineRow {
	r := machineRow{
		ID: id, State: "online", GPUs: []gpuRow{{"gpu", "RTX 4090", 2, 24 << 10}}, GPUCount: 2, VRAMMiB: 24 << 10, Slots: 2, Free: []uint32{0, 1},
		CPUs: 16, MemoryMiB: 64 << 10, Country: "DE", PricePerDay: 50_000_000,
	}
	if change != nil {
		change(&r)
	}
	return r
}

func TestUpFilter(t *testing.T) {
	t.Parallel()
	rows := []machineRow{
		row4090("a", nil),
		row4090("offline", func(r *machineRow) { r.State = "offline" }),
		row4090("full", func(r *machineRow) { r.Free = nil }),
		row4090("us", func(r *machineRow) { r.Country = "US" }),
		row4090("board", func(r *machineRow) { r.Slots, r.GPUCount, r.Free, r.PricePerDay = 1, 8, []uint32{0}, 320_000_000 }),
		row4090("leave", func(r *machineRow) { r.Notice, r.Country = 86_400, "SG" }),
		row4090("none", func(r *machineRow) { r.GPUs, r.GPUCount, r.VRAMMiB, r.Slots, r.Free = nil, 0, 0, 1, []uint32{0} }),
	}
	ids := func(f upFilter) string {
		f.slots = max(f.slots, 1)
		var ids []string
		for _, r := range f.fitting(rows) {
			ids = append(ids, r.ID)
		}
		return strings.Join(ids, " ")
	}
	for name, c := range map[string]struct {
		f    upFilter
		want string
	}{
		"nothing":         {upFilter{}, "a us board leave none"},
		"a type":          {upFilter{machineFilter: machineFilter{gpus: []string{"H100", "RTX 4090"}}}, "a us board leave"},
		"a country":       {upFilter{machineFilter: machineFilter{country: "US"}}, "us"},
		"two slots":       {upFilter{machineFilter: machineFilter{slots: 2}}, "a us leave"},
		"a price per GPU": {upFilter{perGPU: 49_999_999}, "board"},
		"at the price":    {upFilter{perGPU: 50_000_000}, "a us board leave none"},
		"video memory":    {upFilter{machineFilter: machineFilter{vramGiB: 24}}, "a us board leave"},
		"a notice":        {upFilter{machineFilter: machineFilter{maxNotice: 86_400}}, "leave"},
		"a short notice":  {upFilter{machineFilter: machineFilter{maxNotice: 86_399}}, ""},
	} {
		if got := ids(c.f); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	f := upFilter{machineFilter: machineFilter{slots: 1, gpus: []string{"H100"}, country: "US"}}
	err := f.noneFits(rows)
	if !errors.Is(err, errNoMachine) {
		t.Fatal(err)
	}
	for _, want := range []string{"of 7, --gpu H100 excludes 7 (1 would fit without it), --country US excludes 6", "there are RTX 4090, from 40 DBC for a GPU and day"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
	if err := f.noneFits(nil); !errors.Is(err, errNoMachine) {
		t.Error(err)
	}
}

// TestNoneFitsTheList: what dbc machines says where nothing is listed for the filter.
func TestNoneFitsTheList(t *testing.T) {
	t.Parallel()
	rows := []machineRow{{State: "online", Slots: 1, Free: []uint32{0}, GPUCount: 1, PricePerDay: 40_000_000, GPUs: []gpuRow{{Type: "RTX 4090"}}}}
	for want, f := range map[string]machineFilter{
		"--gpu 4090 excludes 1 (1 would fit without it); there are RTX 4090": {gpus: []string{"4090"}},
		"--max-price excludes 1":               {maxPrice: 1},
		"--max-notice 1h excludes 1":           {maxNotice: 3_600},
		"--slots 2, that many free excludes 1": {slots: 2},
	} {
		if err := (upFilter{machineFilter: f}).noneFits(rows); !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	rows[0].State, rows[0].Free = "offline", nil
	if text := (upFilter{}).noneFits(rows).Error(); !strings.Contains(text, "being online excludes 1") || !strings.Contains(text, "having a free slot excludes 1") || strings.Contains(text, "--slots 0") {
		t.Error(text)
	}
}
