/**
 * @param allowed exact origins, or `*` for any
 * @param open whether any origin may connect while none is named
 * @returns whether a request with this Origin may connect; mini-programs and servers send none
 */
export function originCheck(
  allowed: readonly string[],
  open: boolean,
): (origin: string | undefined) => boolean {
  const origins = new Set(allowed);
  const any = origins.has("*") || (open && origins.size === 0);
  return (origin) => origin === undefined || any || origins.has(origin);
}
