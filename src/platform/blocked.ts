/** Why a worker does not start: its error event says nothing when a policy forbids its script. */

let directive: string | undefined;
let isWatching = false;

/** From now on remembers what the page's policy forbids; Node and workers have no page. */
export function watchPolicy(): void {
  if (isWatching) return;
  isWatching = true;
  globalThis.document?.addEventListener('securitypolicyviolation', (event) => {
    directive = event.effectiveDirective;
  });
}

/** The reason in words, with the directive that is missing where the page knows it. */
export function blockedScript(): string {
  const known = directive === undefined ? '' : ` (${directive} forbids it)`;
  return `its script cannot be run${known}; a Content-Security-Policy must allow it in worker-src and script-src: see docs/csp.md`;
}
