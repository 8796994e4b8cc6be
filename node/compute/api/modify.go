package api

import (
	"cmp"
	"context"
	"encoding/json"
	"net/netip"
	"slices"

	"github.com/dbc-network/dbc/api"
	"github.com/dbc-network/dbc/node/compute/host"
	"github.com/dbc-network/dbc/node/compute/journal"
)

// modify is Modify with the original's further fields.
type modify struct {
	api.Modify
	NewGPUCount json.RawMessage `json:"new_gpu_count"`
	NewRDPPort  json.RawMessage `json:"new_rdp_port"`
	NewVNCPort  json.RawMessage `json:"new_vnc_port"`
}

func (s *Server) modifyTask(ctx context.Context, c *call) (any, error) {
	change, err := parseModify(c.request.Additional, limits{s.cfg.PortFirst, s.cfg.PortLast})
	if err != nil {
		return nil, err
	}
	if err := s.deps.Host.Modify(ctx, c.caller, c.http.PathValue("id"), change); err != nil {
		return nil, err
	}
	return "ok", nil
}

func parseModify(additional json.RawMessage, lim limits) (out host.Change, err error) {
	var wish modify
	if err := strict(additional, &wish); err != nil {
		return out, err
	}
	for field, value := range map[string]json.RawMessage{
		"new_gpu_count": wish.NewGPUCount, "new_rdp_port": wish.NewRDPPort, "new_vnc_port": wish.NewVNCPort,
	} {
		if present(value) {
			return out, unsupported(field, "…", "leave it out")
		}
	}
	out.PortFirst, out.PortLast = lim.portFirst, lim.portLast
	if out.AutoSSH = wish.NewSSHPort == auto; wish.NewSSHPort != "" && !out.AutoSSH {
		if out.SSHPort, err = parseNumber("new_ssh_port", wish.NewSSHPort, lim.portFirst, lim.portLast); err != nil {
			return out, err
		}
	}
	if slices.Equal(wish.NewSSHSources, []string{"any"}) {
		out.SSHSources = []netip.Prefix{}
	} else if out.SSHSources, err = parseSources("new_ssh_sources", wish.NewSSHSources); err != nil {
		return out, err
	}
	if slices.Equal(wish.NewCustomPort, []string{"none"}) {
		out.NoPorts, wish.NewCustomPort = true, nil
	}
	for _, text := range wish.NewCustomPort {
		ports, err := parseCustomPort("new_custom_port", text, lim)
		if err != nil {
			return out, err
		}
		if out.Ports = append(out.Ports, ports...); len(out.Ports) > host.MaxPorts {
			return out, badValue("new_custom_port", text, "fewer ports in all")
		}
	}
	journal.NamePorts(out.Ports)
	if wish.NewCPUCores != "" {
		if out.CPUs, err = parseNumber[int]("new_cpu_cores", wish.NewCPUCores, 1, 4096); err != nil {
			return out, err
		}
	}
	if wish.NewMemSize != "" {
		if out.MemoryMiB, err = parseNumber[uint64]("new_mem_size", wish.NewMemSize, 1, maxGiB); err != nil {
			return out, err
		}
		out.MemoryMiB *= 1024
	}
	if out.SSHPort == 0 && !out.AutoSSH && out.SSHSources == nil && len(out.Ports) == 0 && !out.NoPorts && out.CPUs == 0 && out.MemoryMiB == 0 {
		return out, badValue("additional", "nothing to change", "new_ssh_port, new_ssh_sources, new_custom_port, new_cpu_cores or new_mem_size")
	}
	return out, nil
}

// shownLines is what a reader of logs gets who asks for no number.
const shownLines = "100"

func (s *Server) taskLogs(_ context.Context, c *call) (any, error) {
	var wish api.Logs
	if len(c.request.Additional) > 0 {
		if err := strict(c.request.Additional, &wish); err != nil {
			return nil, err
		}
	}
	query := c.http.URL.Query()
	flag := cmp.Or(query.Get("flag"), wish.Flag, "tail")
	if flag != "head" && flag != "tail" {
		return nil, badValue("flag", flag, "head or tail")
	}
	lines, err := parseNumber[int]("line_num", cmp.Or(api.Text(query.Get("line_num")), wish.LineNum, shownLines), 1, host.MaxLines)
	if err != nil {
		return nil, err
	}
	id := c.http.PathValue("id")
	text, err := s.deps.Host.Log(c.caller, id, flag == "tail", lines)
	if err != nil {
		return nil, err
	}
	return api.Log{TaskID: id, Logs: text}, nil
}
