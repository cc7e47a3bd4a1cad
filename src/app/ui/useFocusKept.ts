import { useLayoutEffect, useRef, type FocusEvent, type RefObject } from 'react';

/** Where the focus goes: what stands where the lost button stood, else the cell's menu. */
const nextInLine = ['.cell-actions button:enabled', '.cell-head button:enabled'] as const;

/**
 * Buttons of a cell come and go with its state: Stop after Run, an error's remedy, the pill's own Stop. Where the one with the focus goes,
 * or can no longer be pressed, the focus stays in the cell instead of falling back to the top of the page.
 */
export function useFocusKept(frame: RefObject<HTMLElement | null>) {
  const focused = useRef<Element | null>(null);
  useLayoutEffect(() => {
    const lost = focused.current;
    if (!lost || (lost.isConnected && !lost.matches(':disabled'))) return;
    focused.current = null;
    if (document.activeElement === document.body || document.activeElement === lost)
      nextInLine
        .map((selector) => frame.current?.querySelector<HTMLElement>(selector))
        .find(Boolean)
        ?.focus({ preventScroll: true });
  });
  return {
    onFocusCapture: ({ target }: FocusEvent) => {
      // Menus and dialogs of the cell stand elsewhere, and see to their own.
      focused.current = frame.current?.contains(target) ? target : null;
    },
    onBlurCapture: ({ target }: FocusEvent) => {
      // Left for another place. What is removed tells of no blur, or is gone by then.
      queueMicrotask(() => {
        const isLeft = target.isConnected && !target.matches(':disabled');
        if (isLeft && focused.current === target) focused.current = null;
      });
    },
  };
}
