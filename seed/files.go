package seed

import (
	"bytes"
	"fmt"

	"go.yaml.in/yaml/v3"
)

// The files of a NoCloud seed.
const (
	UserDataFile      = "user-data"
	MetaDataFile      = "meta-data"
	NetworkConfigFile = "network-config"
)

const cloudConfig = "#cloud-config\n"

// UserData is the part of cloud-config that a seed uses. The tiny guest reads
// it by the same type.
type UserData struct {
	Hostname         string  `yaml:"hostname"`
	PreserveHostname bool    `yaml:"preserve_hostname"`
	Locale           string  `yaml:"locale"`
	Users            []User  `yaml:"users"`
	DisableRoot      bool    `yaml:"disable_root"`
	SSHPasswordAuth  bool    `yaml:"ssh_pwauth"`
	SSHDeleteKeys    bool    `yaml:"ssh_deletekeys"`
	SSHKeys          SSHKeys `yaml:"ssh_keys"`
}

// User is one login.
type User struct {
	Name           string   `yaml:"name"`
	Shell          string   `yaml:"shell"`
	Sudo           string   `yaml:"sudo"`
	LockPassword   bool     `yaml:"lock_passwd"`
	Password       string   `yaml:"passwd,omitempty"`
	AuthorizedKeys []string `yaml:"ssh_authorized_keys,omitempty"`
}

// SSHKeys are the guest's host keys: OpenSSH's private format, a public line.
type SSHKeys struct {
	Private string `yaml:"ed25519_private"`
	Public  string `yaml:"ed25519_public"`
}

// MetaData names the instance.
type MetaData struct {
	InstanceID    string `yaml:"instance-id"`
	LocalHostname string `yaml:"local-hostname"`
}

// NetworkConfig is version 2 of cloud-init's, which is netplan's.
type NetworkConfig struct {
	Version   int                 `yaml:"version"`
	Ethernets map[string]Ethernet `yaml:"ethernets"`
}

// Ethernet is one card, found by its MAC address.
type Ethernet struct {
	Match       Match       `yaml:"match"`
	SetName     string      `yaml:"set-name,omitempty"`
	DHCP4       bool        `yaml:"dhcp4"`
	DHCP6       bool        `yaml:"dhcp6"`
	AcceptRA    bool        `yaml:"accept-ra"`
	LinkLocal   []string    `yaml:"link-local"`
	Addresses   []string    `yaml:"addresses"`
	Routes      []Route     `yaml:"routes"`
	Nameservers Nameservers `yaml:"nameservers"`
}

// Match finds a card.
type Match struct {
	MACAddress string `yaml:"macaddress"`
}

// Route is one route; OnLink reaches Via without another route.
type Route struct {
	To     string `yaml:"to"`
	Via    string `yaml:"via"`
	OnLink bool   `yaml:"on-link"`
}

// Nameservers are the resolvers of a card.
type Nameservers struct {
	Addresses []string `yaml:"addresses"`
}

type entry struct {
	name    string
	content []byte
}

func (d Data) files() ([]entry, error) {
	user, err := d.userData()
	if err != nil {
		return nil, err
	}
	meta, err := encode(MetaData{InstanceID: d.InstanceID, LocalHostname: d.Hostname})
	if err != nil {
		return nil, err
	}
	network, err := encode(d.networkConfig())
	if err != nil {
		return nil, err
	}
	return []entry{{UserDataFile, user}, {MetaDataFile, meta}, {NetworkConfigFile, network}}, nil
}

func (d Data) userData() ([]byte, error) {
	var keys []string
	for _, line := range d.AuthorizedKeys {
		key, err := canonicalKey(line)
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
	body, err := encode(UserData{
		Hostname: d.Hostname,
		// Without it cloud-init reports an error on minimal guests.
		Locale: "C.UTF-8",
		Users: []User{{
			Name: d.User, Shell: "/bin/bash", Sudo: "ALL=(ALL) NOPASSWD:ALL",
			LockPassword: !withPassword, Password: d.PasswordHash, AuthorizedKeys: keys,
		}},
		DisableRoot: true, SSHPasswordAuth: withPassword,
		// Keys that came with an image are known to whoever made it.
		SSHDeleteKeys: true,
		SSHKeys:       SSHKeys{Private: private, Public: public},
	})
	return append([]byte(cloudConfig), body...), err
}

func (d Data) networkConfig() NetworkConfig {
	resolvers := make([]string, len(d.Resolvers))
	for i, r := range d.Resolvers {
		resolvers[i] = r.String()
	}
	return NetworkConfig{Version: 2, Ethernets: map[string]Ethernet{
		"uplink": {
			Match:       Match{MACAddress: d.MAC.String()},
			LinkLocal:   []string{},
			Addresses:   []string{d.Addr.String()},
			Routes:      []Route{{To: "0.0.0.0/0", Via: d.Gateway.String(), OnLink: true}},
			Nameservers: Nameservers{Addresses: resolvers},
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
