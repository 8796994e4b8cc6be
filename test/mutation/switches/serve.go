package switches

import (
	"encoding/json"
	"flag"
	"os"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// ServeVar is set in the environment of a test binary that is to serve.
const ServeVar = "MUTATION_SERVE"

// The files of orders and answers, one JSON object each.
const (
	ordersFile  = 3
	answersFile = 4
)

// OverCode is the exit status of a test binary whose test took too long.
const OverCode = 97

const glance = 20 * time.Millisecond

// Order asks for one test with one mutant.
type Order struct {
	// Test is a name; without one, no test is run. Mutant, such as "rental#12",
	// may be empty.
	Test, Mutant string
	// Checks is how often a randomized test tries; 0 for its own number.
	Checks int
	// Trace asks for the mutants that the test reaches.
	Trace bool
	// The process ends when the test exceeds CPU or Wall.
	CPU, Wall time.Duration
}

// Answer is the result of an Order.
type Answer struct {
	Failed  bool
	CPU     time.Duration
	Reached []string
}

// Serve runs the tests of a binary: all of them once, or, where ServeVar is set,
// one for each order.
func Serve(run func() int) int {
	if os.Getenv(ServeVar) == "" {
		return run()
	}
	_ = os.Unsetenv(ServeVar)
	syscall.CloseOnExec(ordersFile)
	syscall.CloseOnExec(answersFile)
	orders := json.NewDecoder(os.NewFile(ordersFile, "orders"))
	answers := json.NewEncoder(os.NewFile(answersFile, "answers"))
	for {
		var o Order
		if orders.Decode(&o) != nil {
			return 0
		}
		if answers.Encode(o.obey(run)) != nil {
			return 1
		}
	}
}

func (o Order) obey(run func() int) Answer {
	if o.Test == "" {
		return Answer{Reached: reached()}
	}
	set("test.run", "^"+regexp.QuoteMeta(o.Test)+"$")
	if f := flag.Lookup("rapid.checks"); f != nil {
		set(f.Name, f.DefValue)
		if o.Checks > 0 {
			set(f.Name, strconv.Itoa(o.Checks))
		}
	}
	for _, s := range all {
		s.tracing.Store(o.Trace)
		s.activate(o.Mutant)
	}
	start := cpu()
	done := make(chan struct{})
	go o.guard(start, done)
	a := Answer{Failed: run() != 0}
	close(done)
	a.CPU = cpu() - start
	if o.Trace {
		a.Reached = reached()
	}
	return a
}

// guard ends the process when the test takes too long, because nothing else ends
// an endless loop.
func (o Order) guard(start time.Duration, done <-chan struct{}) {
	began := time.Now()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		select {
		case <-done:
			return
		case <-tick.C:
			if cpu()-start > o.CPU || time.Since(began) > o.Wall {
				os.Exit(OverCode)
			}
		}
	}
}

func set(name, value string) {
	if err := flag.Set(name, value); err != nil {
		panic(err)
	}
}

// cpu returns the processor time of this process.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
