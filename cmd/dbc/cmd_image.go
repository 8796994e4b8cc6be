//go:build linux

package main

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"path"

	"github.com/spf13/cobra"

	"github.com/dbc-network/dbc/image"
	"github.com/dbc-network/dbc/node/conf"
	"github.com/dbc-network/dbc/node/guests/taskdir"
)

func newImageCommand(s *settings) *cobra.Command {
	var nodeHome string
	cmd := &cobra.Command{
		Use:   "image",
		Short: "List, pull and delete the guest images of this computer's mining node",
		Long: "Works on the node's data_dir, whether the node runs or not, so it needs the node's rights (sudo).\n" +
			"Only the operator has these commands; renters see the images with dbc images MACHINE.",
		Example: "  dbc image list --catalogue\n  dbc image pull ubuntu.qcow2\n  dbc image delete ubuntu.qcow2",
		Args:    cobra.NoArgs,
	}
	cmd.PersistentFlags().StringVar(&nodeHome, "node-home", "", nodeHomeHelp)
	cmd.AddCommand(newImageListCommand(s, &nodeHome), newImagePullCommand(s, &nodeHome), newImageBuildCommand(s, &nodeHome), newImageDeleteCommand(s, &nodeHome))
	return cmd
}

// imageStore returns the node's images, and the folder of its guests' disks.
func imageStore(s *settings, nodeHome string) (store *image.Store, disks string, err error) {
	nodeHome, err = nodeFolder(s, nodeHome)
	if err != nil {
		return nil, "", err
	}
	cfg, err := conf.LoadCompute(nodeHome)
	if err != nil {
		return nil, "", err
	}
	conf.StateModes() // guests' users read what is downloaded
	return image.Open(cfg.ImageDir()), taskdir.Dir(cfg.DataDir), nil
}

// shownImage is an image in JSON. Sizes are in bytes; Disks are based on it.
type shownImage struct {
	Name        string `json:"name"`
	Size        int64  `json:"size"`
	VirtualSize int64  `json:"virtual_size,omitempty"`
	Disks       int    `json:"disks"`
	// Fault says what is wrong with it.
	Fault    string          `json:"fault,omitempty"`
	Manifest *image.Manifest `json:"manifest,omitempty"`
}

func newImageListCommand(s *settings, nodeHome *string) *cobra.Command {
	var catalogue bool
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the images with their sizes, or with --catalogue what can be pulled by name",
		Example: "  dbc image list\n  dbc image list --catalogue --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if catalogue {
				return listCatalogue(s, cmd)
			}
			return listImages(s, cmd, *nodeHome)
		},
	}
	cmd.Flags().BoolVar(&catalogue, "catalogue", false, "list what can be pulled by name instead")
	return cmd
}

func listCatalogue(s *settings, cmd *cobra.Command) error {
	entries, err := image.Catalogue()
	if err != nil {
		return err
	}
	return s.show(cmd, entries, func(w io.Writer) {
		row(w, "NAME", "WHAT", "FROM")
		for _, e := range entries {
			row(w, e.Name, e.What, e.URL)
		}
	})
}

func listImages(s *settings, cmd *cobra.Command, nodeHome string) error {
	store, disks, err := imageStore(s, nodeHome)
	if err != nil {
		return err
	}
	images, err := store.List(cmd.Context())
	if err != nil {
		return err
	}
	faults, err := store.Faults(cmd.Context())
	if err != nil {
		return err
	}
	shown := make([]shownImage, 0, len(images)+len(faults))
	for _, img := range images {
		users, err := image.Users(cmd.Context(), disks, img.Path)
		if err != nil {
			return err
		}
		shown = append(shown, shownImage{Name: img.Name, Size: img.Size, VirtualSize: img.VirtualSize, Disks: len(users), Manifest: img.Manifest})
	}
	for _, f := range faults {
		shown = append(shown, shownImage{Name: f.Name, Size: f.Size, Fault: f.Reason})
	}
	return s.show(cmd, shown, func(w io.Writer) {
		row(w, "NAME", "FILE", "DISK", "IN USE BY", "CONTAINS")
		for _, i := range shown {
			if i.Fault != "" {
				row(w, i.Name, byteText(i.Size), "-", "fault: "+i.Fault)
				continue
			}
			row(w, i.Name, byteText(i.Size), byteText(i.VirtualSize), fmt.Sprintf("%d disks", i.Disks), contents(i.Manifest))
		}
	})
}

// byteText formats a size for people.
func byteText(n int64) string {
	switch {
	case n >= 1<<30:
		return fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))
	case n >= 1<<20:
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d KiB", (n+1023)>>10)
}

func newImageDeleteCommand(s *settings, nodeHome *string) *cobra.Command {
	return &cobra.Command{
		Use:     "delete NAME",
		Short:   "Delete an image that no disk stands on, or what an unfinished pull left",
		Example: "  dbc image delete ubuntu.qcow2",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := image.CheckName(args[0]); err != nil {
				return err
			}
			store, disks, err := imageStore(s, *nodeHome)
			if err != nil {
				return err
			}
			if err := store.Delete(cmd.Context(), args[0], disks); err != nil {
				return err
			}
			return s.show(cmd, map[string]string{"deleted": args[0]}, func(w io.Writer) {
				fmt.Fprintf(w, "%s is deleted.\n", args[0])
			})
		},
	}
}

// pullSource is a name in the catalogue, or an address with its checksum.
func pullSource(what, name, digest string) (image.Source, error) {
	u, err := url.Parse(what)
	if err != nil || u.Scheme == "" {
		if digest != "" || name != "" {
			return image.Source{}, usagef("--sha256 and --name go with an address; %s has its checksum from the catalogue", what)
		}
		entry, err := image.Lookup(what)
		if err != nil {
			return image.Source{}, fmt.Errorf("%w; dbc image list --catalogue shows it, or give an https address", err)
		}
		return image.Source{Name: entry.Name, URL: entry.URL, Sums: entry.Sums}, nil
	}
	if digest == "" {
		return image.Source{}, usagef("--sha256 is missing: an image from an address needs its checksum, as its publisher shows it elsewhere")
	}
	if raw, err := hex.DecodeString(digest); err != nil || len(raw) != sha256.Size && len(raw) != sha512.Size {
		return image.Source{}, usagef("--sha256 %q: 64 hex digits wanted, or the 128 of SHA-512", digest)
	}
	if name == "" {
		name = path.Base(u.Path)
	}
	return image.Source{Name: name, URL: what, Digest: digest}, nil
}
