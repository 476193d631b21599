import { useEffect, useRef, useState } from "preact/hooks";
import { most, type TailMessage } from "./tail.ts";

/** Milliseconds between two parts. */
const pace = 50;
/** In so many parts what an answer brought is shown: a second has twenty, and the next answer comes after one. */
const parts = 18;

/**
 * What is shown of a tail. An answer's messages come one part after the other: three hundred rows at once would cost the
 * page several frames.
 */
export function useFlow(messages: readonly TailMessage[]): readonly TailMessage[] {
  const [shown, setShown] = useState(messages);
  const current = useRef(messages);
  useEffect(() => {
    const last = current.current.at(-1);
    const fresh = messages.slice(last ? messages.lastIndexOf(last) + 1 : 0);
    const size = Math.max(1, Math.ceil(fresh.length / parts));
    let at = 0;
    const show = () => {
      if (at >= fresh.length) return clearInterval(timer);
      current.current = [...current.current, ...fresh.slice(at, at + size)].slice(-most);
      at += size;
      setShown(current.current);
    };
    const timer = setInterval(show, pace);
    show();
    return () => {
      clearInterval(timer);
      // What is left when the next answer is there is shown with it.
      current.current = [...current.current, ...fresh.slice(at)].slice(-most);
    };
  }, [messages]);
  return shown;
}
