//go:build linux

package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/client/terminal"
	"github.com/dbc-network/dbc/image"
)

func newImagePullCommand(s *settings, nodeHome *string) *cobra.Command {
	var name, digest string
	cmd := &cobra.Command{
		Use:   "pull NAME|URL",
		Short: "Download an image, check it and offer it to renters",
		Long: "NAME is one of the catalogue, whose checksum is read beside it at the publisher's. A URL is https and needs\n" +
			"--sha256. A pull that ended early goes on where it was when it is called again. An image that needs another\n" +
			"file (backing or data file) is refused.",
		Example: "  dbc image pull ubuntu.qcow2\n" +
			"  dbc image pull https://example.org/my.qcow2 --sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		Args:        cobra.ExactArgs(1),
		Annotations: map[string]string{staying: "yes"},
		RunE: func(cmd *cobra.Command, args []string) error {
			src, err := pullSource(args[0], name, digest)
			if err != nil {
				return err
			}
			store, _, err := imageStore(s, *nodeHome)
			if err != nil {
				return err
			}
			p := &progress{w: cmd.ErrOrStderr(), quiet: s.json}
			img, err := image.NewPuller(store, nil).Pull(cmd.Context(), src, p.report)
			p.end()
			if err != nil {
				return err
			}
			shown := shownImage{Name: img.Name, Size: img.Size, VirtualSize: img.VirtualSize}
			return s.show(cmd, shown, func(w io.Writer) {
				fmt.Fprintf(w, "%s is there: %s, a disk of %s.\n", img.Name, byteText(img.Size), byteText(img.VirtualSize))
			})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "what the image is called here (default the address's last part)")
	cmd.Flags().StringVar(&digest, "sha256", "", "the file's SHA-256 (or SHA-512) in hex")
	return cmd
}

// progress shows how far a download is: one changing line on a terminal,
// elsewhere a new line for each tenth.
type progress struct {
	w     io.Writer
	quiet bool

	shown string
	step  int64
}

// everyUnknown is how many bytes are between lines if the total is unknown.
const everyUnknown = 64 << 20

func (p *progress) report(now image.Progress) {
	if p.quiet {
		return
	}
	text, step := byteText(now.Done), now.Done/everyUnknown
	if now.Total > 0 {
		text, step = fmt.Sprintf("%s of %s (%d%%)", text, byteText(now.Total), now.Done*100/now.Total), now.Done*10/now.Total
	}
	switch {
	case text == p.shown:
	case p.terminal():
		fmt.Fprintf(terminal.Raw(p.w), "\r\x1b[K%s", text)
	case p.shown == "" || step != p.step:
		fmt.Fprintln(p.w, text)
	}
	p.shown, p.step = text, step
}

func (p *progress) end() {
	if p.shown != "" && p.terminal() {
		fmt.Fprintln(p.w)
	}
}

func (p *progress) terminal() bool {
	f, ok := terminal.File(p.w)
	return ok && term.IsTerminal(int(f.Fd()))
}
