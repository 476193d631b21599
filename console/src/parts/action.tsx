/* A call behind a button: what it says while the call is under way, after it, and when it failed. */

import { useState } from "preact/hooks";
import { callErrorOf } from "../api.ts";
import { words } from "../words/words.ts";

/** What the newest action came to, for those who see it and those who hear it. */
export function useAction() {
  const [state, setState] = useState<{ isBusy: boolean; said: string; isError: boolean }>(idle);
  /** @param work returns what is to be said; undefined where it was not done */
  const run = async (work: () => Promise<string | undefined>) => {
    setState({ ...idle, isBusy: true });
    try {
      setState({ ...idle, said: (await work()) ?? "" });
    } catch (thrown) {
      const { code, message } = callErrorOf(thrown);
      setState({
        isBusy: false,
        isError: true,
        said: words.value.failed([code, message].filter(Boolean).join(", ")),
      });
    }
  };
  const outcome = (
    <p role="status" class={state.isError ? "error outcome" : "outcome"}>
      {state.said}
    </p>
  );
  return { isBusy: state.isBusy, run, outcome };
}

const idle = { isBusy: false, said: "", isError: false };
