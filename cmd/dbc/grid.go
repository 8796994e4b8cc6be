package main

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/dbc-network/dbc/client/terminal"
)

const (
	// gap is the space between two columns. A column is wrapped between its words,
	// and within a word only if that is longer than longestUncut.
	gap, longestUncut = 2, 24
	// shortID is how much of an id of 64 digits a narrow terminal shows: enough to
	// be given to any command.
	shortID = 12
)

// wholeID matches an id that may be abbreviated to its beginning.
var wholeID = regexp.MustCompile(`\b[0-9a-f]{64}\b`)

// widthOf returns the terminal's width in characters, and 0 if it is none:
// programs read the whole ids.
func widthOf(cmd *cobra.Command) int {
	file, ok := terminal.File(cmd.OutOrStdout())
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// fit formats a text with tabs between cells for a terminal. Tables, which are
// lines of three cells or more, never exceed its width: ids are shortened, then
// the widest columns are wrapped.
func fit(w io.Writer, text []byte, width int) error {
	var out bytes.Buffer
	var block [][]string
	flush := func() {
		writeBlock(&out, block, width)
		block = nil
	}
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cells) == 1 {
			flush()
			fmt.Fprint(&out, line)
			continue
		}
		block = append(block, cells)
	}
	flush()
	_, err := w.Write(out.Bytes())
	return err
}

func writeBlock(w io.Writer, block [][]string, width int) {
	if len(block) == 0 {
		return
	}
	widths := columns(block)
	if table := len(block[0]) > 2; table && total(widths) > width {
		for _, cells := range block {
			for i := range cells {
				cells[i] = wholeID.ReplaceAllStringFunc(cells[i], func(id string) string { return id[:shortID] })
			}
		}
		widths = columns(block)
		shrink(widths, floors(block), width)
	}
	for _, cells := range block {
		writeRow(w, cells, widths, len(block[0]) > 2)
	}
}

func columns(block [][]string) []int {
	var widths []int
	for _, cells := range block {
		for i, cell := range cells {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

func total(widths []int) int {
	sum := gap * (len(widths) - 1)
	for _, n := range widths {
		sum += n
	}
	return sum
}

// floors returns the lengths of the columns' longest words.
func floors(block [][]string) []int {
	words := make([][]string, len(block))
	for i, cells := range block {
		words[i] = make([]string, len(cells))
		for j, cell := range cells {
			for word := range strings.FieldsSeq(cell) {
				if utf8.RuneCountInString(word) > utf8.RuneCountInString(words[i][j]) {
					words[i][j] = word
				}
			}
		}
	}
	list := columns(words)
	for i := range list {
		list[i] = min(list[i], longestUncut)
	}
	return list
}

// shrink narrows the widest column until all fit, or none can be narrowed further.
func shrink(widths, least []int, width int) {
	for total(widths) > width {
		widest := -1
		for i, n := range widths {
			if n > least[i] && (widest < 0 || n > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

func writeRow(w io.Writer, cells []string, widths []int, wrapped bool) {
	lines := make([][]string, len(cells))
	height := 1
	for i, cell := range cells {
		lines[i] = []string{cell}
		if wrapped {
			lines[i] = wrap(cell, widths[i])
		}
		height = max(height, len(lines[i]))
	}
	for at := range height {
		var line strings.Builder
		for i := range cells {
			part := ""
			if at < len(lines[i]) {
				part = lines[i][at]
			}
			line.WriteString(part)
			if i < len(cells)-1 {
				line.WriteString(strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(part))+gap))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// wrap breaks between words, and within one that is wider than the column.
func wrap(cell string, width int) []string {
	lines, line := []string{}, ""
	for _, word := range strings.Split(cell, " ") {
		switch joined := line + " " + word; {
		case line == "":
			line = word
		case utf8.RuneCountInString(joined) <= width:
			line = joined
		default:
			lines, line = append(lines, line), word
		}
		for runes := []rune(line); len(runes) > width; runes = []rune(line) {
			lines, line = append(lines, string(runes[:width])), string(runes[width:])
		}
	}
	return append(lines, line)
}
