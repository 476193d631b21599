import type { ComponentChildren } from "preact";

interface ScrollerProps {
  name: string;
  look: string;
  children: ComponentChildren;
}

/** A part of the page that scrolls by itself. It takes the focus: whoever has only a keyboard scrolls too. */
export function Scroller({ name, look, children }: ScrollerProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard, says axe
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is of a form, and a section would be one more landmark
    <div role="group" class={look} tabIndex={0} aria-label={name}>
      {children}
    </div>
  );
}
