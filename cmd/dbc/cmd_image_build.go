//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/image/build"
)

func newImageBuildCommand(s *settings, nodeHome *string) *cobra.Command {
	return &cobra.Command{
		Use:   "build NAME",
		Short: "Build an image with a GPU's driver from the distribution's packages",
		Long: "Downloads the packages from the distribution, verified with its keys, and makes an image of them with a manifest\n" +
			"beside it: NVIDIA's open kernel modules, nvidia-smi, Docker and rsync. The driver is under its vendor's licence,\n" +
			"whose text is in the image; this project hands no driver on. It takes minutes, 350 MB of downloads and 8 GiB of\n" +
			"room meanwhile. Images: " + strings.Join(build.GPUNames(), ", ") + ".",
		Example:     "  dbc image build ubuntu-24.04-gpu",
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			name := strings.TrimSuffix(args[0], ".qcow2")
			if err := image.CheckName(name + ".qcow2"); err != nil {
				return err
			}
			store, _, err := imageStore(s, *nodeHome)
			if err != nil {
				return err
			}
			return buildImage(s, cmd, store, name)
		},
	}
}

func buildImage(s *settings, cmd *cobra.Command, store *image.Store, name string) error {
	done, err := build.GPU(cmd.Context(), store, name, func(step string, took time.Duration) {
		if !s.json {
			fmt.Fprintf(cmd.ErrOrStderr(), "dbc: %s (%s)\n", step, took.Round(time.Second))
		}
	})
	if err != nil {
		return err
	}
	shown := shownImage{Name: done.Name, Size: done.Size, VirtualSize: done.VirtualSize, Manifest: &done.Manifest}
	return s.show(cmd, shown, func(w io.Writer) {
		fmt.Fprintf(w, "%s is there: %s, a disk of %s, built in %s.\nIt contains: %s.\n",
			done.Name, byteText(done.Size), byteText(done.VirtualSize), done.Took.Round(time.Second), contents(&done.Manifest))
		for _, licence := range done.Manifest.Licences {
			fmt.Fprintf(w, "Licence: %s. The texts are in the image, %s.\n", licenceWords[licence], done.Manifest.Texts)
		}
	})
}

// contents formats a manifest in one line.
func contents(m *image.Manifest) string {
	if m == nil {
		return ""
	}
	words := []string{m.OS + " " + m.Version, "kernel " + m.Kernel}
	if m.Driver != nil {
		words = append(words, m.Driver.Vendor+" driver "+m.Driver.Version)
	}
	for _, c := range m.Contents {
		words = append(words, c.Package+" "+c.Version)
	}
	return strings.Join(words, ", ")
}
