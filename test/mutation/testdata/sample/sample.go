// Package sample is what the tests of the mutation runner change.
package sample

import (
	"errors"
	"time"
)

var errShort = errors.New("short")

// Account has money until a time.
type Account struct {
	Money, Fee int
	Until      time.Time
	log        []string
}

// Pay takes an amount and the fee out of the account.
func (a *Account) Pay(amount int, now time.Time) (Account, error) {
	if amount <= 0 || !now.Before(a.Until) {
		return Account{}, errShort
	}
	total := amount + a.Fee
	if err := a.take(total); err != nil {
		return Account{}, err
	}
	a.log = append(a.log, "paid")
	return Account{Money: amount, Until: a.Until}, nil
}

func (a *Account) take(amount int) error {
	if a.Money < amount {
		return errShort
	}
	a.Money -= amount
	return nil
}

// Largest returns the largest of some numbers, which are not negative.
func Largest(numbers []int) int {
	largest := 0
	for i := 0; i < len(numbers); i++ {
		if numbers[i] > largest {
			largest = numbers[i]
		}
	}
	return largest
}
