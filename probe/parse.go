package probe

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/dbc-network/dbc/hw/measure"
	"github.com/dbc-network/dbc/hw/pci"
)

// Bounds of an answer. A board of eight cards has 100 functions and makes 40 KiB, and
// nvidia-smi 40 KiB a card.
const (
	// MaxAnswer is how many bytes a guest may answer.
	MaxAnswer    = 4 << 20
	maxLine      = 4 << 10
	maxFunctions = 1024
	maxRegions   = 6
	maxDisks     = 256
	maxCPUs      = 1 << 14
	// maxBefore bounds what a login prints before the script begins.
	maxBefore = 64 << 10
)

const (
	firstLine = "dbc-probe 1"
	basicEnd  = "basic_end"
	lastLine  = "end"
)

// Parse reads what the script printed. What comes before its first line is the
// login's and passed over. The error is a LineError or wraps ErrAnswer, ErrLong, or
// ErrCut where not even the basic facts are whole.
func Parse(answer []byte) (Guest, error) {
	if len(answer) > MaxAnswer {
		return Guest{}, fmt.Errorf("%w: more than %d bytes", ErrLong, MaxAnswer)
	}
	begin := bytes.Index(answer[:min(len(answer), maxBefore)], []byte(firstLine+"\n"))
	if begin < 0 || begin > 0 && answer[begin-1] != '\n' {
		return Guest{}, &LineError{1, fmt.Errorf("it is not %q", firstLine)}
	}
	p := parser{seen: map[string]bool{}, guest: Guest{Disks: []Disk{}, Functions: []Function{}}}
	text := string(answer[begin+len(firstLine)+1:])
	for number := 2; ; number++ {
		line, rest, whole := strings.Cut(text, "\n")
		if !whole || p.guest.Whole {
			break
		}
		if err := p.line(line); err != nil {
			return Guest{}, &LineError{number, err}
		}
		text = rest
	}
	if !p.basic {
		return Guest{}, fmt.Errorf("%w: the basic facts are not whole", ErrCut)
	}
	return p.guest, nil
}

// parser reads line by line. Facts come in the script's order: what belongs to a
// function follows it.
type parser struct {
	guest Guest
	seen  map[string]bool
	basic bool
	// regions and config are of the last function.
	regions []string
	config  []byte
	// program is the one whose answer is being read, said its lines.
	program string
	said    bytes.Buffer
}

func (p *parser) line(line string) error {
	if len(line) > maxLine {
		return fmt.Errorf("%d characters", len(line))
	}
	if p.program != "" {
		return p.answer(line)
	}
	for _, r := range []byte(line) {
		if r < ' ' || r > '~' {
			return fmt.Errorf("%.40q is not plain", line)
		}
	}
	name, value, _ := strings.Cut(line, " ")
	if p.basic {
		return p.after(name, value)
	}
	return p.fact(name, value)
}

// after reads what follows the basic facts.
func (p *parser) after(name, value string) error {
	switch {
	case name == lastLine && value == "":
		p.guest.Whole = true
		return nil
	case name == "program" && programs[value] != nil && !p.seen[value]:
		p.seen[value], p.program = true, value
		p.said.Reset()
		if p.guest.Programs == nil {
			p.guest.Programs = map[string]Program{}
		}
		p.guest.Programs[value] = Program{Cards: []measure.Card{}}
		return nil
	}
	return fmt.Errorf("%.40q", name)
}

// programs are the vendors', with who reads their answers.
var programs = map[string]func([]byte) ([]measure.Card, error){"nvidia-smi": measure.ParseNvidia, "rocm-smi": measure.ParseROCm}

// answer reads a line of a vendor's program. A program that fails has no cards;
// that is a finding, and no fault of the script's.
func (p *parser) answer(line string) error {
	if said, ok := strings.CutPrefix(line, "|"); ok {
		p.said.WriteString(said + "\n")
		return nil
	}
	if line != "program_end "+p.program {
		return fmt.Errorf("%.40q", line)
	}
	done := Program{Cards: []measure.Card{}, Ended: true}
	if cards, err := programs[p.program](p.said.Bytes()); err == nil {
		done.Cards = append(done.Cards, cards...)
	}
	p.guest.Programs[p.program] = done
	p.program = ""
	return nil
}

func (p *parser) fact(name, value string) (err error) {
	switch name {
	case "disk", "pci", "region", "config", "current_link_speed", "current_link_width", "max_link_speed", "max_link_width":
	default:
		if p.seen[name] {
			return fmt.Errorf("%.40q twice", name)
		}
		p.seen[name] = true
	}
	g := &p.guest
	switch name {
	case "cpus":
		var n uint64
		n, err = number(value, 10, maxCPUs)
		g.CPUs = int(n)
	case "cpu_model":
		g.CPUModel = strings.TrimSpace(value[:min(len(value), 128)])
	case "mem_kib":
		g.MemoryKiB, err = number(value, 10, 1<<40)
	case "mem_blocks":
		err = p.blocks(value)
	case "disk":
		err = p.disk(value)
	case "pci":
		err = p.function(value)
	case basicEnd:
		p.close()
		if p.basic = p.seen["cpus"] && p.seen["mem_kib"]; !p.basic {
			err = fmt.Errorf("no processors or no memory")
		}
	default:
		err = p.detail(name, value)
	}
	return err
}

// number reads a number of digits alone.
func number(text string, base int, most uint64) (uint64, error) {
	n, err := strconv.ParseUint(text, base, 64)
	if err != nil || n > most || strings.HasPrefix(text, "+") {
		return 0, fmt.Errorf("%.40q is no number up to %d", text, most)
	}
	return n, nil
}

func (p *parser) blocks(value string) error {
	count, size, _ := strings.Cut(value, " ")
	n, err := number(count, 10, 1<<24)
	if err != nil {
		return err
	}
	bytes, err := number(size, 16, 1<<40)
	p.guest.MemoryMost = n * (bytes >> 20)
	return err
}

func (p *parser) disk(value string) error {
	words := strings.Split(value, " ")
	if len(words) != 3 || words[0] == "" || len(p.guest.Disks) == maxDisks {
		return fmt.Errorf("disk %.60q", value)
	}
	sectors, err := number(words[1], 10, 1<<54)
	if err != nil {
		return err
	}
	if words[2] == "-" {
		words[2] = ""
	}
	p.guest.Disks = append(p.guest.Disks, Disk{Name: clip(words[0]), Serial: clip(words[2]), Bytes: sectors * 512})
	return nil
}

// function reads address, class, vendor, device, the subsystem's, revision, driver.
func (p *parser) function(value string) error {
	p.close()
	words := strings.Split(value, " ")
	if len(words) != 8 || len(p.guest.Functions) == maxFunctions {
		return fmt.Errorf("function %.60q", value)
	}
	at, err := pci.ParseAddress(words[0])
	if err != nil || p.seen[at.String()] {
		return fmt.Errorf("function %.60q", value)
	}
	p.seen[at.String()] = true
	var n [6]uint64
	for i, most := range [6]uint64{1<<24 - 1, 1<<16 - 1, 1<<16 - 1, 1<<16 - 1, 1<<16 - 1, 1<<8 - 1} {
		hex, prefixed := strings.CutPrefix(words[1+i], "0x")
		if words[1+i] == "-" && i > 2 {
			continue
		}
		if n[i], err = number(hex, 16, most); err != nil || !prefixed {
			return fmt.Errorf("function %.60q", value)
		}
	}
	if words[7] == "-" {
		words[7] = ""
	}
	p.guest.Functions = append(p.guest.Functions, Function{
		Address: at, Class: pci.Class(n[0]), IDs: pci.ID{Vendor: uint16(n[1]), Device: uint16(n[2])},
		Subsystem: pci.ID{Vendor: uint16(n[3]), Device: uint16(n[4])}, Revision: uint8(n[5]), Driver: clip(words[7]), BARs: []pci.BAR{},
	})
	return nil
}

// detail reads what belongs to the last function.
func (p *parser) detail(name, value string) error {
	if len(p.guest.Functions) == 0 {
		return fmt.Errorf("%.40q", name)
	}
	link := &p.guest.Functions[len(p.guest.Functions)-1].Link
	switch name {
	case "region":
		if len(p.regions) == maxRegions {
			return fmt.Errorf("more than %d regions", maxRegions)
		}
		p.regions = append(p.regions, value)
	case "config":
		config, err := hex.DecodeString(strings.ReplaceAll(value, " ", ""))
		if err != nil || len(config) != 64 {
			return fmt.Errorf("config %.40q", value)
		}
		p.config = config
	case "current_link_speed":
		link.SpeedMTs = pci.ParseSpeed(value)
	case "max_link_speed":
		link.MaxSpeedMTs = pci.ParseSpeed(value)
	case "current_link_width":
		link.Width = lanes(value)
	case "max_link_width":
		link.MaxWidth = lanes(value)
	default:
		return fmt.Errorf("%.40q", name)
	}
	return nil
}

// lanes reads a link's width, 0 for what can be none.
func lanes(text string) int {
	n, err := number(text, 10, 32)
	if err != nil {
		return 0
	}
	return int(n)
}

// close ends the last function: its regions are known.
func (p *parser) close() {
	if n := len(p.guest.Functions); n > 0 {
		f := &p.guest.Functions[n-1]
		config := p.config
		if len(config) > 14 && config[14]&0x7f != 0 {
			config = nil // a bridge has other registers there
		}
		f.BARs = append(f.BARs, pci.Regions(strings.Join(p.regions, "\n"), config)...)
	}
	p.regions, p.config = nil, nil
}

func clip(text string) string { return text[:min(len(text), 64)] }
