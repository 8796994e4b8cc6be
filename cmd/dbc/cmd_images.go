package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/client"
	"github.com/dbc-network/dbc/image"
)

func newImagesCommand(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "images MACHINE",
		Short: "List the images that a machine's virtual machines can be made of",
		Long: "The machine itself answers, whether or not it is rented. The default is what dbc vm create takes without\n" +
			"--image: Ubuntu where the machine has it, else Debian, else the first by name.",
		Example: "  dbc images MACHINE\n  dbc vm create 7 --image debian-12.qcow2",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := wholeMachineID(cmd.Context(), s, args[0])
			if err != nil {
				return err
			}
			if _, err := s.dial(cmd.Context()); err != nil { // the network is part of every request
				return err
			}
			n, err := s.anonymous(cmd, id)
			if err != nil {
				return err
			}
			images, err := n.Images(cmd.Context())
			if err != nil {
				return fmt.Errorf("list the images of machine %s: %w", id, err)
			}
			return s.show(cmd, api.ImageList{Images: images}, func(w io.Writer) { writeImages(w, images) })
		},
	}
}

func writeImages(w io.Writer, images []api.Image) {
	if len(images) == 0 {
		fmt.Fprintln(w, "The machine has no image; its host has to add one.")
		return
	}
	row(w, "NAME", "WHAT", "VERSION", "SIZE", "DRIVER", "")
	for _, img := range images {
		preferred := ""
		if img.Default {
			preferred = "default"
		}
		row(w, client.Printable(img.Name), client.Printable(img.Title), client.Printable(img.Version), client.Printable(img.Size), driverOf(img), preferred)
	}
	for _, img := range images {
		if img.Contents == nil {
			continue
		}
		for _, code := range img.Contents.Licences {
			if words := licenceWords[image.Licence(code)]; words != "" {
				fmt.Fprintf(w, "\n%s: %s\n", client.Printable(img.Name), words)
			}
		}
	}
}

// driverOf returns the driver for cards that an image contains.
func driverOf(img api.Image) string {
	if img.Contents == nil || img.Contents.Driver == "" {
		return "-"
	}
	return client.Printable(img.Contents.Driver + " " + img.Contents.DriverVersion)
}

// licenceWords says what terms require of someone who rents out cards.
var licenceWords = map[image.Licence]string{
	image.LicenceNVIDIA: "NVIDIA's driver licence allows commercial hosting only as far as it grants it, and the driver on GeForce and Titan cards " +
		"outside of data centres only (2.7, 2.8); whether your use is covered is yours to find out",
}
