const letters = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** taskIdForm is the form of a task's id: that of a node's own ids, and of those that it accepts. */
export const taskIdForm = /^[0-9A-Za-z]{20,22}$/;

/** isTaskId reports whether a text, from a machine or an address, is a task's id. */
export function isTaskId(text: string): boolean {
  return taskIdForm.test(text);
}

/**
 * newTaskId returns a random id for a task: 22 letters and digits, a capital
 * first, so that no beginning of an id can be a user's name for a virtual machine.
 */
export function newTaskId(): string {
  let id = "";
  while (id.length < 22) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    const letter = letters[byte % 64] ?? "";
    if (id !== "" || /[A-Z]/.test(letter)) id += letter;
  }
  return id;
}

/**
 * taskIds returns a function that gives an order its id: the same one for the
 * same order, which the machine takes for the same request if a reply was lost.
 */
export function taskIds(): (order: object) => string {
  let last = "";
  let id = "";
  return (order) => {
    const text = JSON.stringify(order);
    if (text !== last) {
      last = text;
      id = newTaskId();
    }
    return id;
  };
}
