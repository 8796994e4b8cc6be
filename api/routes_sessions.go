package api

// sessionRoutes are the routes of sessions.
var sessionRoutes = []Route{
	{
		Name: "session_id", Method: "POST", Path: PathSessionID, Authority: AnyRenter,
		Summary:    "Give the id that, signed by the wallet, has a ticket's rights in one rental.",
		SummaryZH:  "给出一个 id；钱包对它签名后，在一次租用内拥有票据的权限。",
		Additional: ForSession{}, Reply: Session{},
	},
	{
		Name: "create_session", Method: "POST", Path: PathSessionCreate, Authority: Granted,
		Summary:    "Let the holder of a key act in one rental: by a grant that the wallet or its multisig signed.",
		SummaryZH:  "让某个密钥的持有者在一次租用内行事：凭钱包或其多签对授权文本的签名。",
		Example:    `{"grant":""}`,
		Additional: CreateSession{}, Reply: GrantedSession{},
	},
	{
		Name: "list_sessions", Method: "POST", Path: PathSessionList, Authority: ExactRenter, Scope: ScopeRead,
		Summary:   "List the wallet's sessions on this machine, revoked ones among them.",
		SummaryZH: "列出钱包在这台机器上的会话，包括已撤销的。",
		Reply:     Sessions{},
	},
	{
		Name: "revoke_session", Method: "POST", Path: PathSessionRevoke, Authority: ExactRenter,
		Summary:    "End a session for good.",
		SummaryZH:  "永久撤销一个会话。",
		Additional: RevokeSession{}, Reply: "",
	},
}
