/* Asks before something is done that cannot be undone. The browser's own dialog keeps the focus and closes with Escape. */

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { words } from "../words/words.ts";

interface Asked {
  question: string;
  action: string;
  answer(isConfirmed: boolean): void;
}

const asked = signal<Asked | undefined>(undefined);

/** @param action what the button says that does it */
export function confirm(question: string, action: string): Promise<boolean> {
  return new Promise((resolve) => {
    asked.value = {
      question,
      action,
      answer(isConfirmed) {
        asked.value = undefined;
        resolve(isConfirmed);
      },
    };
  });
}

/** The one place where the question is shown. */
export function ConfirmDialog() {
  const dialog = useRef<HTMLDialogElement>(null);
  const { value } = asked;
  useEffect(() => {
    if (value) dialog.current?.showModal();
  }, [value]);
  if (!value) return null;
  return (
    <dialog ref={dialog} aria-labelledby="question" onClose={() => value.answer(false)}>
      <p id="question">{value.question}</p>
      <div class="row end">
        <button type="button" onClick={() => value.answer(false)}>
          {words.value.cancel}
        </button>
        <button type="button" class="danger" onClick={() => value.answer(true)}>
          {value.action}
        </button>
      </div>
    </dialog>
  );
}
