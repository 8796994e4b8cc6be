import { useEffect, useState } from "react";
import { now } from "../node/clock";

/** useNow returns the client node's time in ms, updated every second. */
export function useNow(): number {
  const [time, setTime] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setTime(now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return time;
}
