package helper

import (
	"github.com/dbc-network/dbc/auth"
	"github.com/dbc-network/dbc/node/guests/helper/steps"
)

func readAuthority(a *steps.Authority) auth.Proof {
	p := auth.Proof{
		Header: a.GetHeader(), Method: a.GetMethod(), Target: a.GetTarget(), Body: a.GetBody(), Grant: a.GetGrant(), GrantSign: a.GetGrantSign(),
	}
	if m := a.GetMultisig(); m != nil {
		p.Multisig = &auth.Multisig{Threshold: int(m.GetThreshold()), PublicKeys: m.GetPublicKeys(), Signs: m.GetSigns()}
	}
	return p
}

// sayAuthority is readAuthority's other side; nil where nothing was signed.
func sayAuthority(p *auth.Proof) *steps.Authority {
	if p == nil {
		return nil
	}
	a := &steps.Authority{
		Header: p.Header, Method: p.Method, Target: p.Target, Body: p.Body, Grant: p.Grant, GrantSign: p.GrantSign,
	}
	if m := p.Multisig; m != nil {
		a.Multisig = &steps.Multisig{Threshold: uint32(m.Threshold), PublicKeys: m.PublicKeys, Signs: m.Signs}
	}
	return a
}
