package network

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/google/nftables"
	"github.com/google/nftables/expr"
	"github.com/google/nftables/userdata"
	"golang.org/x/sys/unix"
)

// Docker and ufw end the FORWARD chain of iptables with "drop", and no other
// base chain can save a packet that one of them drops. So the guests' packets
// are accepted at the head of that chain. That opens nothing, because this
// network's own table still checks them.
const (
	foreignTable = "filter"
	foreignChain = "FORWARD"
)

// admit adds the two rules to FORWARD if it exists and they are missing.
func (n *Network) admit() error {
	conn, err := n.connect()
	if err != nil {
		return err
	}
	chain, ours, err := n.foreign(conn)
	if err != nil || chain == nil || len(ours) == 2 {
		return err
	}
	for _, rule := range ours {
		if err := conn.DelRule(rule); err != nil {
			return fmt.Errorf("replace the rule in %s: %w", foreignChain, err)
		}
	}
	for _, match := range [][]expr.Any{iif(expr.CmpOpEq, n.config.Bridge), oif(expr.CmpOpEq, n.config.Bridge)} {
		conn.InsertRule(&nftables.Rule{
			Table: chain.Table, Chain: chain, UserData: n.config.mark(), Exprs: rule(match, accept()),
		})
	}
	return flushForeign(conn)
}

// leave removes them again.
func (n *Network) leave() error {
	conn, err := n.connect()
	if err != nil {
		return err
	}
	_, ours, err := n.foreign(conn)
	if err != nil || len(ours) == 0 {
		return err
	}
	for _, rule := range ours {
		if err := conn.DelRule(rule); err != nil {
			return fmt.Errorf("take the rule out of %s: %w", foreignChain, err)
		}
	}
	return flushForeign(conn)
}

// flushForeign ignores an error because the chain's owner may remove it
// meanwhile; the next pass checks again.
func flushForeign(conn *nftables.Conn) error {
	if err := conn.Flush(); err != nil && !errors.Is(err, unix.ENOENT) {
		return fmt.Errorf("write the rules in %s: %w", foreignChain, err)
	}
	return nil
}

// foreign returns the chain, or nil, and the rules in it that this network
// created.
func (n *Network) foreign(conn *nftables.Conn) (*nftables.Chain, []*nftables.Rule, error) {
	chains, err := conn.ListChainsOfTableFamily(nftables.TableFamilyIPv4)
	if err != nil {
		return nil, nil, fmt.Errorf("look for %s: %w", foreignChain, err)
	}
	i := slices.IndexFunc(chains, func(c *nftables.Chain) bool {
		return c.Name == foreignChain && c.Table.Name == foreignTable
	})
	if i < 0 {
		return nil, nil, nil
	}
	chain := chains[i]
	chain.Table.Family = nftables.TableFamilyIPv4
	rules, err := conn.GetRules(chain.Table, chain)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the rules in %s: %w", foreignChain, err)
	}
	var ours []*nftables.Rule
	for _, r := range rules {
		if bytes.Equal(r.UserData, n.config.mark()) {
			ours = append(ours, r)
		}
	}
	return chain, ours, nil
}

// mark returns a comment by which the rules are recognized.
func (c Config) mark() []byte {
	return userdata.AppendString(nil, userdata.TypeComment, c.tableName())
}
