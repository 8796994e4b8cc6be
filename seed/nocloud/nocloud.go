// Package nocloud is the part of cloud-init's NoCloud format that this project
// writes (package seed) and that its tiny guest reads. It has no dependencies,
// so that the guest's first program stays small.
// https://cloudinit.readthedocs.io/en/latest/reference/datasources/nocloud.html
package nocloud

// Label is the volume label by which a guest finds its seed.
const Label = "cidata"

// The files of a NoCloud seed.
const (
	UserDataFile      = "user-data"
	MetaDataFile      = "meta-data"
	NetworkConfigFile = "network-config"
)

// Header is the first line of user-data.
const Header = "#cloud-config\n"

// UserData is the part of cloud-config that a seed uses. The tiny guest decodes
// the same type.
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

// User is one login user.
type User struct {
	Name           string   `yaml:"name"`
	Shell          string   `yaml:"shell"`
	Sudo           string   `yaml:"sudo"`
	LockPassword   bool     `yaml:"lock_passwd"`
	Password       string   `yaml:"passwd,omitempty"`
	AuthorizedKeys []string `yaml:"ssh_authorized_keys,omitempty"`
}

// SSHKeys are the guest's host keys: the private one in OpenSSH's format and
// the public line.
type SSHKeys struct {
	Private string `yaml:"ed25519_private"`
	Public  string `yaml:"ed25519_public"`
}

// MetaData identifies the instance.
type MetaData struct {
	InstanceID    string `yaml:"instance-id"`
	LocalHostname string `yaml:"local-hostname"`
}

// NetworkConfig is version 2 of cloud-init's network configuration, which is
// netplan's.
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

// Match selects a card.
type Match struct {
	MACAddress string `yaml:"macaddress"`
}

// Route is one route. OnLink reaches Via without another route.
type Route struct {
	To     string `yaml:"to"`
	Via    string `yaml:"via"`
	OnLink bool   `yaml:"on-link"`
}

// Nameservers are the resolvers of a card.
type Nameservers struct {
	Addresses []string `yaml:"addresses"`
}
