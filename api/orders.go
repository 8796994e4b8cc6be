package api

// RentOrder is a rental in the terms of the original API.
type RentOrder struct {
	ID     string `json:"id"`
	Renter string `json:"renter"`
	// RentEnd is in Unix seconds.
	RentEnd int64 `json:"rent_end"`
	// RentStatus is waitingVerifying during the trial, then renting, and
	// finally rentExpired.
	RentStatus string `json:"rent_status"`
	GPUNums    uint32 `json:"gpu_nums"`
	// GPUIndex has the indices of the rented GPUs, counted from 0 in the order
	// of the machine's slots.
	GPUIndex []uint32 `json:"gpu_index"`
	// Revision is another one when anything of the rental is; see Wait.
	Revision string `json:"revision"`
}

// RentOrderList is the reply of PathRentOrders.
type RentOrderList struct {
	RentOrders []RentOrder `json:"rent_orders"`
}
