import { useSearchParams } from "react-router";
import { isTaskId } from "../vm/taskId";

/**
 * The address carries the id of kept disks from where they are listed, by way
 * of renting the machine again, to the form for a new virtual machine.
 */

const name = "restore";

/** withRestore returns a page's address with the id of kept disks; "" adds none. */
export function withRestore(path: string, id: string): string {
  return id ? `${path}?${name}=${id}` : path;
}

/** restoreOf returns the id of kept disks in an address's parameters, or "". */
export function restoreOf(params: URLSearchParams): string {
  const id = params.get(name) ?? "";
  return isTaskId(id) ? id : "";
}

/** useRestore returns the id of kept disks in the page's address, or "", and removes it from there. */
export function useRestore(): [id: string, clear: () => void] {
  const [params, setParams] = useSearchParams();
  const clear = () =>
    setParams(
      (now) => {
        now.delete(name);
        return now;
      },
      { replace: true },
    );
  return [restoreOf(params), clear];
}
