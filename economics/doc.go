// Package economics shows by simulation whether lying about a machine pays under the
// market's rules: what renters measure, how soon they may leave, and what is left for a
// host that cheats them. Its README has the table, which the tests generate.
//
// Time is in seconds. Money is counted in paid seconds of list rent, so that no price and
// no exchange rate enters: 86,400 is a day's rent of the slots.
package economics
