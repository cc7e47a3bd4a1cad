import { unfoldFor } from './chains.ts';
import { overlays } from './overlayState.ts';

/** A page on which nothing has moved for so long stands. */
const standsAfterMs = 1000;

/** What somebody does who no longer wants to be taken along. */
const interventions = ['wheel', 'touchstart', 'pointerdown', 'keydown'] as const;

let journey = new AbortController();

/**
 * Brings a cell to the top of the window, the focus on its title, and keeps it there while it and the cells above it arrive:
 * until the page stands, or somebody scrolls, presses or types.
 */
export function goTo(cell: string, behavior: ScrollBehavior = 'smooth'): void {
  journey.abort();
  const own = new AbortController();
  journey = own;
  const { signal } = own;
  const end = () => own.abort();
  for (const kind of interventions) addEventListener(kind, end, { signal, capture: true, passive: true });
  unfoldFor(cell);
  overlays.setState({ rail: false });
  void keepAtTop(cell, behavior, signal).finally(end);
}

async function keepAtTop(cell: string, behavior: ScrollBehavior, signal: AbortSignal): Promise<void> {
  let shown: HTMLElement | null = null;
  let top = 0;
  let movedAt = performance.now();
  while (!signal.aborted) {
    // Not there before its chain is unfolded; another element once its chain is here.
    const element = document.getElementById(cell);
    if (element && (element !== shown || Math.abs(element.offsetTop - top) > 1)) {
      const isFirst = shown === null;
      if (isFirst || document.activeElement === document.body) focusTitle(element);
      element.scrollIntoView({ block: 'start', behavior: isFirst && !isCalm() ? behavior : 'instant' });
      [shown, top, movedAt] = [element, element.offsetTop, performance.now()];
    }
    if (shown && !isArriving() && performance.now() - movedAt > standsAfterMs) return;
    await new Promise(requestAnimationFrame);
  }
}

/** Whether a cell is still on its way. */
const isArriving = () => document.querySelector('[data-cell][aria-busy=true]') !== null;

const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

function focusTitle(cell: HTMLElement): void {
  const title = cell.querySelector('h2');
  if (!title) return;
  title.tabIndex = -1;
  title.focus({ preventScroll: true });
}
