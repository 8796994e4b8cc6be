package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/client/host"
)

// placeFlags are what a computer can't find out about itself.
type placeFlags struct {
	country, city, latitude, longitude string

	upload, download uint32
	operators        []string
	evict            bool
}

func (f *placeFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.country, "country", "", "country, two capital letters of ISO 3166-1, such as DE")
	flags.StringVar(&f.city, "city", "", "city, at most 64 bytes")
	flags.StringVar(&f.latitude, "latitude", "", "decimal degrees, -90 to 90, north is positive, such as 50.1109")
	flags.StringVar(&f.longitude, "longitude", "", "decimal degrees, -180 to 180, east is positive, such as 8.6821")
	flags.Uint32Var(&f.upload, "upload", 0, "bandwidth from the machine in Mbit/s")
	flags.Uint32Var(&f.download, "download", 0, "bandwidth to the machine in Mbit/s")
	flags.StringArrayVar(&f.operators, "network-operator", nil, "network that the machine is connected to; can be repeated, 8 at most")
	flags.BoolVar(&f.evict, "evict-kept-disks", false, "let kept disks of closed VMs make room for new VMs before their time, oldest first")
}

// apply changes place if a flag was given.
func (f *placeFlags) apply(cmd *cobra.Command, place *host.Place) error {
	given := cmd.Flags().Changed
	for flag, set := range map[string]func() error{
		"country": func() error { place.Country = f.country; return nil },
		"city":    func() error { place.City = f.city; return nil },
		"latitude": func() (err error) {
			place.LatitudeE4, err = host.ParseDegrees(f.latitude, host.MaxLatitude)
			return err
		},
		"longitude": func() (err error) {
			place.LongitudeE4, err = host.ParseDegrees(f.longitude, host.MaxLongitude)
			return err
		},
		"upload":           func() error { place.UploadMbps = f.upload; return nil },
		"download":         func() error { place.DownloadMbps = f.download; return nil },
		"network-operator": func() error { place.Operators = f.operators; return nil },
		"evict-kept-disks": func() error { place.EvictKept = f.evict; return nil },
	} {
		if !given(flag) {
			continue
		}
		if err := set(); err != nil {
			return usagef("--%s: %w", flag, err)
		}
	}
	if given("latitude") != given("longitude") {
		return usagef("--latitude and --longitude go together")
	}
	return nil
}

const placeExample = " \\\n      --country DE --city \"Frankfurt am Main\" --latitude 50.1109 --longitude 8.6821 \\\n" +
	"      --upload 1000 --download 1000 --network-operator DE-CIX"

// placeLong says where the other facts come from.
var placeLong = fmt.Sprintf("CPUs, memory, disks and slots are this computer's after the host's reserve; %s are core.conf's.",
	"public_ip, port_first, port_last and the addresses of libp2p")
