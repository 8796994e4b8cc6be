import { flag, formed, list, record, text } from "../node/read";

/** Listed is a session as a machine lists it. */
export interface Listed {
  session_id: string;
  rent_order: string;
  /** scope is a Scope, or a later version's word. */
  scope: string;
  revoked: boolean;
}

/** readSessions reads the sessions that a machine knows of; their ids are signed to revoke them. */
export const readSessions = record<{ sessions: Listed[] }>({
  sessions: list(
    record<Listed>({
      session_id: formed(/^[0-9a-f]{64}$/, "a session's id of 64 hex digits"),
      rent_order: formed(/^\d{1,20}$/, "a rental's number"),
      scope: text,
      revoked: flag,
    }),
  ),
});
