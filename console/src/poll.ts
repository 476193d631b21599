/* Asks again and again while a room is shown, as the API has nothing that it pushes. */

import { useEffect, useRef, useState } from "preact/hooks";
import { type CallError, callErrorOf } from "./api.ts";
import { key, link } from "./session.ts";

export interface Polled<Answer> {
  /** The newest answer; it stays while calls fail. */
  answer: Answer | undefined;
  error: CallError | undefined;
  /** Asks now. */
  again(): void;
}

/**
 * @param ask does one round; the answer before is given to it
 * @param interval milliseconds from an answer to the next question
 * @param about begins anew where one of these changes
 */
export function usePoll<Answer>(
  ask: (before: Answer | undefined) => Promise<Answer>,
  interval: number,
  about: readonly unknown[],
): Polled<Answer> {
  const [state, setState] = useState<Pick<Polled<Answer>, "answer" | "error">>(nothing);
  const wake = useRef(() => {});
  const asked = useRef<readonly unknown[]>([]);
  const shown = useRef<Answer | undefined>(undefined);
  useEffect(() => {
    let isOver = false;
    const isSame =
      asked.current.length === about.length && about.every((one, at) => one === asked.current[at]);
    asked.current = about;
    // With another key what is shown stays.
    let answer = isSame ? shown.current : undefined;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isAsking = false;
    const round = async () => {
      clearTimeout(timer);
      if (isOver || isAsking) return;
      // A key that is not accepted is asked for; the next one begins this anew.
      if (link.value === "refused") return;
      isAsking = true;
      try {
        const next = await ask(answer);
        answer = next;
        shown.current = next;
        if (!isOver) setState({ answer, error: undefined });
      } catch (thrown) {
        if (!isOver) setState({ answer, error: callErrorOf(thrown) });
      }
      isAsking = false;
      if (!isOver && !document.hidden) timer = setTimeout(round, interval);
    };
    // A page that nobody sees asks nothing.
    const onVisible = () => void (document.hidden || round());
    wake.current = () => void round();
    document.addEventListener("visibilitychange", onVisible);
    if (!isSame) setState(nothing);
    void round();
    return () => {
      isOver = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", onVisible);
    };
  }, [...about, key.value]);
  return { ...state, again: () => wake.current() };
}

const nothing = { answer: undefined, error: undefined };
