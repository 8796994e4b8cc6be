package main

import (
	"fmt"
	"os"

	"go.yaml.in/yaml/v3"
)

// equivalent is a mutant that no test can distinguish from the program, and the
// reason.
type equivalent struct {
	Mutant string `yaml:"mutant"`
	Reason string `yaml:"reason"`
}

// readKnown reads the list of equivalent mutants, by key.
func readKnown(name string) (map[string]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var list []equivalent
	if err := yaml.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	known := make(map[string]string, len(list))
	for _, e := range list {
		if e.Reason == "" {
			return nil, fmt.Errorf("%s: no reason for %q", name, e.Mutant)
		}
		if _, twice := known[e.Mutant]; twice {
			return nil, fmt.Errorf("%s: %q stands in it twice", name, e.Mutant)
		}
		known[e.Mutant] = e.Reason
	}
	return known, nil
}
