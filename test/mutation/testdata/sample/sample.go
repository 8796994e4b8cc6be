// Package sample is what the tests of the mutation runner change.
package sample

import (
	"errors"
	"strconv"
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

var issued int

// Ticket returns a number that no call before returned, after at most three
// letters.
func Ticket(letters string) string {
	issued++
	if len(letters) > 3 {
		letters = letters[:3]
	}
	return letters + strconv.Itoa(issued)
}

// Rounds returns how often a step has to be taken.
func Rounds(way, step int) (n int) {
	for way > 0 {
		way -= step
		n++
	}
	return n
}
