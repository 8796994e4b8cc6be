package devnet

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/client/market"
	"github.com/dbc-network/dbc/rental"
	"github.com/dbc-network/dbc/x/machine"
)

func (d *Demo) makeWallet(context.Context) (happened, command string, err error) {
	for n := 1; ; n++ {
		name := "demo-" + strconv.Itoa(n)
		if _, err := d.ring.Wallet(name); err == nil {
			continue
		} else if !errors.Is(err, market.ErrNoWallet) {
			return "", "", err
		}
		wallet, _, err := d.ring.Create(name)
		if err != nil {
			return "", "", err
		}
		if err := rememberDemoWallet(d.Home, wallet); err != nil {
			return "", "", errors.Join(err, d.ring.Delete(name))
		}
		d.renter = market.Renter{Chain: d.chain, Wallet: wallet}
		return wallet.Address(), "dbc wallet create " + name, nil
	}
}

func (d *Demo) getCoins(ctx context.Context) (happened, command string, err error) {
	wallet := d.renter.Wallet
	if _, err := Fund(ctx, d.chain, d.ring, wallet.Address(), demoCoins); err != nil {
		return "", "", err
	}
	d.books.renter = demoCoins
	if d.books.payout, err = d.chain.Balance(ctx, d.info.Accounts[Payout]); err != nil {
		return "", "", err
	}
	return client.FormatDBC(demoCoins), "dbc wallet faucet " + wallet.Name, nil
}

func (d *Demo) find(ctx context.Context) (happened, command string, err error) {
	res, err := d.chain.Machines(ctx, machine.QueryMachinesRequest{
		State: machine.MACHINE_STATE_ONLINE, FreeSlotsMin: 2,
	})
	if err != nil {
		return "", "", err
	}
	for _, l := range res.Listings {
		if l.Machine.Id == d.info.MachineID {
			d.listing = l
			return fmt.Sprintf("%s…, %d free slots at %s a day", l.Machine.Id[:8], len(l.FreeSlots),
				client.FormatDBC(l.Machine.PricePerDay)), "dbc machines", nil
		}
	}
	return "", "", errors.New("the demo needs both slots of the devnet's machine, and somebody rents one: " +
		"wait for its end (dbc machines --all), or begin anew (dbc devnet stop, dbc devnet reset)")
}

// rent rents one slot and records it in the books.
func (d *Demo) rent(ctx context.Context, seconds uint64) (rented, string, error) {
	order := market.Order{MachineID: d.listing.Machine.Id, Seconds: seconds, Slots: 1}
	quote, err := d.renter.Quote(ctx, order)
	if err != nil {
		return rented{}, "", err
	}
	made, err := d.renter.Rent(ctx, order, quote)
	if err != nil {
		return rented{}, "", err
	}
	d.books.spend("rent", made.Rent)
	d.books.spend("fee", made.Fee)
	d.books.spend("gas", made.Tx.Fee)
	node, err := client.NewNode(client.NodeConfig{
		URL: d.info.Client, ChainID: d.info.ChainID, MachineID: order.MachineID, Signer: d.renter.Wallet,
	})
	if err != nil {
		return rented{}, "", err
	}
	command := fmt.Sprintf("dbc rent %s %s --slots 1", order.MachineID, rental.FormatDuration(seconds))
	return rented{Rented: made, node: node}, command, nil
}

func (d *Demo) rentFirst(ctx context.Context) (happened, command string, err error) {
	if d.first, command, err = d.rent(ctx, firstSeconds); err != nil {
		return "", "", err
	}
	return fmt.Sprintf("rental %d, rent %s, fee %s, gas %s, confirm by %s", d.first.RentID, client.FormatDBC(d.first.Rent),
		client.FormatDBC(d.first.Fee), client.FormatDBC(d.first.Tx.Fee), d.first.Deadline.Local().Format(time.TimeOnly)), command, nil
}

// create creates a VM. offset keeps the ports of the two VMs apart; the first
// one's is the guide's 5682 if the devnet has the default range.
func (d *Demo) create(ctx context.Context, r *rented, offset uint32) (string, error) {
	facts := d.listing.Machine.Facts
	port := strconv.Itoa(int(facts.PortFirst + offset%(facts.PortLast-facts.PortFirst)))
	task, err := r.node.CreateTask(ctx, api.Create{
		RentOrder: api.Text(strconv.FormatUint(r.RentID, 10)), ImageName: tinyImage, SSHPort: api.Text(port),
		SSHPublicKeys: []string{d.key.line},
	})
	if err != nil {
		return "", err
	}
	r.task = task
	return fmt.Sprintf("dbc vm create %d --ssh-port %s --ssh-key %s.pub", r.RentID, port, d.key.path), nil
}

func (d *Demo) createFirst(ctx context.Context) (happened, command string, err error) {
	if d.key, err = newDemoKey(newPaths(d.Home).demo); err != nil {
		return "", "", err
	}
	if command, err = d.create(ctx, &d.first, 482); err != nil {
		return "", "", err
	}
	return "task " + d.first.task.TaskID + " with a fresh ssh key", command, nil
}

func (d *Demo) awaitFirst(ctx context.Context) (happened, command string, err error) {
	task, err := d.first.node.WaitTask(ctx, d.first.task.TaskID, client.StatusRunning, nil)
	if err != nil {
		return "", "", err
	}
	d.first.task = task
	return fmt.Sprintf("%s@%s port %s", task.UserName, task.SSHIP, task.SSHPort), "dbc vm show " + task.TaskID, nil
}

func (d *Demo) confirm(ctx context.Context) (happened, command string, err error) {
	tx, err := d.renter.Confirm(ctx, d.first.RentID)
	if err != nil {
		return "", "", err
	}
	d.books.spend("gas", tx.Fee)
	return fmt.Sprintf("rental %d is active", d.first.RentID), fmt.Sprintf("dbc confirm %d", d.first.RentID), nil
}

func (d *Demo) renew(ctx context.Context) (happened, command string, err error) {
	quote, err := d.renter.QuoteRenewal(ctx, d.first.RentID, renewSeconds)
	if err != nil {
		return "", "", err
	}
	renewed, err := d.renter.Renew(ctx, d.first.RentID, renewSeconds, quote)
	if err != nil {
		return "", "", err
	}
	d.books.spend("rent", renewed.Rent)
	d.books.spend("gas", renewed.Tx.Fee)
	return fmt.Sprintf("rental %d for %s, ends %s", d.first.RentID, client.FormatDBC(renewed.Rent),
			renewed.End.Local().Format(time.TimeOnly)),
		fmt.Sprintf("dbc relet %d %s", d.first.RentID, rental.FormatDuration(renewSeconds)), nil
}

func (d *Demo) rentSecond(ctx context.Context) (happened, command string, err error) {
	if d.second, command, err = d.rent(ctx, secondSeconds); err != nil {
		return "", "", err
	}
	// Confirm at once: a rental that ends in its trial is refunded, and here
	// the host is supposed to earn it.
	tx, err := d.renter.Confirm(ctx, d.second.RentID)
	if err != nil {
		return "", "", err
	}
	d.books.spend("gas", tx.Fee)
	return fmt.Sprintf("rental %d, confirmed, ends %s", d.second.RentID, d.second.End.Local().Format(time.TimeOnly)),
		fmt.Sprintf("%s; dbc confirm %d", command, d.second.RentID), nil
}

func (d *Demo) createSecond(ctx context.Context) (happened, command string, err error) {
	if command, err = d.create(ctx, &d.second, 483); err != nil {
		return "", "", err
	}
	task, err := d.second.node.WaitTask(ctx, d.second.task.TaskID, client.StatusRunning, nil)
	if err != nil {
		return "", "", err
	}
	return "task " + task.TaskID + " runs", command, nil
}

func (d *Demo) awaitEnd(ctx context.Context) (happened, command string, err error) {
	task, err := d.second.node.WaitTask(ctx, d.second.task.TaskID, client.StatusClosed, nil)
	if err != nil {
		return "", "", err
	}
	now, err := d.chain.Head(ctx)
	if err != nil {
		return "", "", err
	}
	return fmt.Sprintf("%s %s after the rental's end", task.Status, client.Until(d.second.End, now.Time)),
		"dbc vm show " + task.TaskID, nil
}
