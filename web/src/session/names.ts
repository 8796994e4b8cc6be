/** The names that a renter gives to sessions. They are not sent to any machine. */

const key = (id: string) => `dbc.session.${id.slice(0, 16)}`;

/** setName stores a session's name in this browser. */
export function setName(id: string, name: string): void {
  if (name) localStorage.setItem(key(id), name);
}

/** nameOf returns a session's name, or "". */
export function nameOf(id: string): string {
  return localStorage.getItem(key(id)) ?? "";
}
