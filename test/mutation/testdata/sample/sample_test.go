package sample

import (
	"errors"
	"testing"
	"time"
)

func TestPay(t *testing.T) {
	now := time.Unix(1000, 0)
	a := &Account{Money: 10, Fee: 2, Until: now.Add(time.Hour)}
	got, err := a.Pay(3, now)
	if err != nil || got.Money != 3 || !got.Until.Equal(now.Add(time.Hour)) || a.Money != 5 {
		t.Errorf("got %+v, %v; left %+v", got, err, a)
	}
	if _, err := a.Pay(4, now); !errors.Is(err, errShort) || a.Money != 5 {
		t.Errorf("got %v; left %+v", err, a)
	}
	if _, err := a.Pay(1, a.Until); !errors.Is(err, errShort) {
		t.Errorf("got %v", err)
	}
}

func TestLargest(t *testing.T) {
	if got := Largest([]int{1, 3, 2}); got != 3 {
		t.Errorf("got %d", got)
	}
}

// TestTicket passes once in a process.
func TestTicket(t *testing.T) {
	if got := Ticket("abcd"); got != "abc1" {
		t.Errorf("got %s", got)
	}
}

func TestRounds(t *testing.T) {
	if got := Rounds(7, 3); got != 3 {
		t.Errorf("got %d", got)
	}
}
