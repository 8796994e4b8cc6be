package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
)

// alone returns an emulator's arguments without what libvirt passed by
// descriptor or kept for itself. Its monitor and secret are omitted, sockets
// and the console's log become files in dir, and the card is opened by name.
// -S, with which libvirt starts a guest paused, is omitted too.
func alone(argv []string, card, dir string, disks map[string]string) ([]string, error) {
	out := []string{argv[0]}
	for i := 1; i < len(argv); i++ {
		option := argv[i]
		if !strings.HasPrefix(option, "-") {
			return nil, fmt.Errorf("argument %q is no option", option)
		}
		value := ""
		if i+1 < len(argv) && !strings.HasPrefix(argv[i+1], "-") {
			i++
			value = argv[i]
		}
		option, value, err := replace(option, value, card, dir, disks)
		if err != nil {
			return nil, err
		}
		if option == "" {
			continue
		}
		if out = append(out, option); value != "" {
			out = append(out, value)
		}
	}
	return out, nil
}

func replace(option, value, card, dir string, disks map[string]string) (string, string, error) {
	switch {
	case option == "-S" || option == "-add-fd" || option == "-mon",
		option == "-object" && strings.Contains(value, `"masterKey0"`),
		option == "-chardev" && strings.Contains(value, "id=charmonitor,"):
		return "", "", nil
	case option == "-chardev":
		value = socketFile(value, dir)
	case option == "-vnc":
		_, rest, _ := strings.Cut(value, ",")
		value = "unix:" + filepath.Join(dir, "vnc.sock")
		if rest != "" {
			value += "," + rest
		}
	case option == "-netdev":
		var fields map[string]any
		if err := json.Unmarshal([]byte(value), &fields); err != nil {
			return "", "", fmt.Errorf("-netdev %s: %w", value, err)
		}
		delete(fields, "fd")
		fields["ifname"], fields["script"], fields["downscript"] = card, "no", "no"
		text, err := json.Marshal(fields)
		if err != nil {
			return "", "", err
		}
		value = string(text)
	case option == "-blockdev":
		for from, to := range disks {
			value = strings.ReplaceAll(value, from, to)
		}
	}
	if strings.Contains(value, "fdset") || strings.Contains(value, "fd=") || strings.Contains(value, `fd":`) {
		return "", "", fmt.Errorf("%s %s: a descriptor of libvirt's", option, value)
	}
	return option, value, nil
}

// socketFile replaces a chardev's descriptor by a file name.
func socketFile(value, dir string) string {
	fields := strings.Split(value, ",")
	id := "chardev"
	for _, f := range fields {
		if name, is := strings.CutPrefix(f, "id="); is {
			id = name
		}
	}
	for i, f := range fields {
		switch {
		case strings.HasPrefix(f, "fd="), strings.HasPrefix(f, "path="):
			fields[i] = "path=" + filepath.Join(dir, id+".sock")
		case strings.HasPrefix(f, "logfile="):
			fields[i] = "logfile=" + filepath.Join(dir, id+".log")
		}
	}
	return strings.Join(fields, ",")
}
