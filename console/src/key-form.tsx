import { useEffect, useRef, useState } from "preact/hooks";
import { callErrorOf, isAccepted } from "./api.ts";
import { setKey } from "./session.ts";
import { words } from "./words/words.ts";

/** Asks for a key, and keeps it once the node has accepted it. */
export function KeyForm({ why }: { why: string }) {
  const t = words.value;
  const [given, setGiven] = useState("");
  const [wrong, setWrong] = useState("");
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const open = async (event: Event) => {
    event.preventDefault();
    setWrong("");
    try {
      // Before it is taken: what is shown stays as it is until a good one is there.
      if (await isAccepted(given.trim())) setKey(given.trim());
      else setWrong(t.keyWrong);
    } catch (thrown) {
      setWrong(t.failed(callErrorOf(thrown).code));
    }
  };
  return (
    <form class="card key-form" onSubmit={open}>
      <h2>{t.keyTitle}</h2>
      <p class="faint">{why}</p>
      <label>
        {t.keyLabel}
        <input
          ref={field}
          type="password"
          autocomplete="off"
          required
          value={given}
          onInput={(event) => setGiven(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="main">
        {t.keyOpen}
      </button>
      <p role="alert" class="error">
        {wrong}
      </p>
    </form>
  );
}
