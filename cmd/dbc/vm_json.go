package main

import "github.com/dbc-network/dbc/api"

// vmView is a virtual machine for --json: the API's task, in which a rental is
// rent_id and a disk is disk, as everywhere in dbc's output.
type vmView struct {
	api.Task
	// RentOrder hides the API's name for the rental.
	RentOrder *struct{} `json:"rent_order,omitempty"`
	RentID    uint64    `json:"rent_id"`
	// Disks are the API's under the names that dbc disk list uses.
	Disks []diskView `json:"disks"`
}

type diskView struct {
	Disk string `json:"disk"`
	Size string `json:"size"`
}

func viewVM(t api.Task) vmView {
	v := vmView{Task: t, RentID: rentIDOf(t.RentOrder), Disks: make([]diskView, len(t.Disks))}
	for i, d := range t.Disks {
		v.Disks[i] = diskView{d.Name, d.Size}
	}
	return v
}

// rentIDOf returns the number of a rental; 0 for what no machine should have sent.
func rentIDOf(order string) uint64 {
	id, err := parseRentID(order)
	if err != nil {
		return 0
	}
	return id
}
