package seed

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"

	"github.com/dbc-network/dbc/seed/nocloud"
	"github.com/dbc-network/dbc/seed/sshkey"
)

// card is the guest's name of its only network card.
const card = "eth0"

type entry struct {
	name    string
	content []byte
}

func (d Data) files() ([]entry, error) {
	user, err := d.userData()
	if err != nil {
		return nil, err
	}
	meta, err := encode(nocloud.MetaData{InstanceID: d.InstanceID, LocalHostname: d.Hostname})
	if err != nil {
		return nil, err
	}
	network, err := encode(d.networkConfig())
	if err != nil {
		return nil, err
	}
	return []entry{{nocloud.UserDataFile, user}, {nocloud.MetaDataFile, meta}, {nocloud.NetworkConfigFile, network}}, nil
}

func (d Data) userData() ([]byte, error) {
	var keys []string
	for _, line := range d.AuthorizedKeys {
		key, err := sshkey.Parse(line)
		if err != nil {
			return nil, err
		}
		keys = append(keys, key)
	}
	private, err := privatePEM(d.HostKey)
	if err != nil {
		return nil, err
	}
	public, err := PublicLine(d.HostKey)
	if err != nil {
		return nil, err
	}
	withPassword := d.PasswordHash != ""
	body, err := encode(nocloud.UserData{
		Hostname: d.Hostname,
		// Without it cloud-init reports an error on minimal guests.
		Locale: "C.UTF-8",
		Users: []nocloud.User{{
			Name: d.User, Shell: "/bin/bash", Sudo: "ALL=(ALL) NOPASSWD:ALL",
			LockPassword: !withPassword, Password: d.PasswordHash, AuthorizedKeys: keys,
		}},
		DisableRoot: true, SSHPasswordAuth: withPassword,
		// Whoever built the image knows the keys that came with it.
		SSHDeleteKeys: true,
		SSHKeys:       nocloud.SSHKeys{Private: private, Public: public},
	})
	return append([]byte(nocloud.Header), body...), err
}

func (d Data) networkConfig() nocloud.NetworkConfig {
	resolvers := make([]string, len(d.Resolvers))
	for i, r := range d.Resolvers {
		resolvers[i] = r.String()
	}
	return nocloud.NetworkConfig{Version: 2, Ethernets: map[string]nocloud.Ethernet{
		card: {
			Match: nocloud.Match{MACAddress: d.MAC.String()},
			// Without it cloud-init's networkd and ENI renderers match cards by
			// the entry's name in addition to the address.
			SetName:     card,
			LinkLocal:   []string{},
			Addresses:   []string{d.Addr.String()},
			Routes:      []nocloud.Route{{To: "0.0.0.0/0", Via: d.Gateway.String(), OnLink: true}},
			Nameservers: nocloud.Nameservers{Addresses: resolvers},
		},
	}}
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := yaml.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return nil, fmt.Errorf("encode yaml: %w", err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("encode yaml: %w", err)
	}
	return b.Bytes(), nil
}
