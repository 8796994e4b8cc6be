/** The names that a renter gives to sessions: no machine hears of them. */

const key = (id: string) => `dbc.session.${id.slice(0, 16)}`;

/** setName keeps a session's name in this browser. */
export function setName(id: string, name: string): void {
  if (name) localStorage.setItem(key(id), name);
}

/** nameOf is a session's name, "" where it has none. */
export function nameOf(id: string): string {
  return localStorage.getItem(key(id)) ?? "";
}
