import { createStore } from 'zustand/vanilla';
import { toWire } from '../base/errors.ts';

export interface Toast {
  readonly id: number;
  readonly message: string;
  readonly tone: 'neutral' | 'good' | 'bad';
  readonly action: { readonly label: string; readonly run: () => void } | null;
}

export const toasts = createStore<{ readonly list: readonly Toast[] }>(() => ({ list: [] }));

let nextId = 1;

/** Says something in passing, with a way back where there is one. Stays longer when it offers an action. */
export function toast(message: string, options: Partial<Pick<Toast, 'tone' | 'action'>> = {}): void {
  const entry: Toast = {
    id: nextId++,
    message,
    tone: options.tone ?? 'neutral',
    action: options.action ?? null,
  };
  // Said again, it is moved to the end, not said twice.
  toasts.setState(({ list }) => ({
    list: [...list.filter((other) => other.message !== message).slice(-2), entry],
  }));
  setTimeout(() => leave(entry.id), entry.action || entry.tone === 'bad' ? 10_000 : 4_000);
}

/** Goes, but not from under a hand that points at it, nor while its way back has the focus. */
function leave(id: number): void {
  const isHeld =
    typeof document !== 'undefined' && document.querySelector('.toasts:is(:hover, :focus-within)');
  if (isHeld) setTimeout(() => leave(id), 1000);
  else dismissToast(id);
}

/** An error that belongs to no cell. */
export function toastError(error: unknown): void {
  const { message, remedy } = toWire(error);
  toast(`${message} ${remedy}`, { tone: 'bad' });
}

export function dismissToast(id: number): void {
  toasts.setState(({ list }) => ({ list: list.filter((entry) => entry.id !== id) }));
}
