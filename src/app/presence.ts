import { loadNotebook } from '../notebook/autosave.ts';
import { autosave, notebook, openDocument, runner, storage } from './runtime.ts';
import { toast, toastError } from './toasts.ts';

// A notebook belongs to one tab at a time: a lock by its id says to which. Another tab shows it read-only and may take it over.

/** How long the tab that has the notebook may take to save before it is taken all the same (it may be frozen). */
const handOverMs = 2000;

/** How long the page that stood here before may still hold its lock: its workers end first. Nobody stood here but in a reload. */
const reloadMs = 3000;
const otherwiseMs = 300;

const isReload = (): boolean => {
  const [entry] = performance.getEntriesByType('navigation');
  return entry instanceof PerformanceNavigationTiming && entry.type === 'reload';
};

/** How long a reload may take until the tab asks for its notebook again. */
const reloadAtMostMs = 8000;

const lockName = (id: string) => `verbena/notebook/${id}`;

/** The notebook this tab has, or waits for. */
let wanted: string | null = null;
let letGo: (() => void) | null = null;
let waiting: AbortController | null = null;
let channel: BroadcastChannel | null = null;

type Held = 'held' | 'not-held';

/** Asks for the lock. When held it stays so until `letGo`, or until another tab steals it. */
function ask(id: string, options: LockOptions): Promise<Held> {
  return new Promise((resolve) => {
    const whileHeld = (lock: Lock | null) => {
      resolve(lock ? 'held' : 'not-held');
      if (!lock || wanted !== id) return undefined;
      return new Promise<void>((done) => {
        letGo = done;
      });
    };
    navigator.locks.request(lockName(id), options, whileHeld).catch(() => {
      // Given up waiting, or stolen while held.
      resolve('not-held');
      if (wanted === id && letGo) becomeReader(id);
    });
  });
}

/** Whether another tab has a notebook now; false where the browser does not say. */
export async function isHeldElsewhere(id: string): Promise<boolean> {
  if (id === wanted || typeof navigator.locks?.query !== 'function') return false;
  const { held = [] } = await navigator.locks.query();
  return held.some(({ name }) => name === lockName(id));
}

/** Claims a notebook for this tab; where another tab has it, it is shown read-only here. */
export async function claimNotebook(id: string): Promise<void> {
  if (typeof navigator.locks?.request !== 'function' || wanted === id) return;
  listen();
  release();
  wanted = id;
  // Nothing is written before the answer: it takes milliseconds, and the other tab's work may be newer.
  autosave.pause();
  let answer = await ask(id, { ifAvailable: true });
  // A page that is being reloaded holds its lock a moment longer.
  if (answer === 'not-held')
    answer = await ask(id, { signal: AbortSignal.timeout(isReload() ? reloadMs : otherwiseMs) });
  if (wanted !== id) return;
  if (answer === 'held') becomeOwner();
  else becomeReader(id);
}

/** Has the other tab save and hand the notebook over, then goes on here from what it saved. */
export async function takeOver(): Promise<void> {
  const id = wanted;
  if (id === null || !notebook.store.getState().readOnly) return;
  stopWaiting();
  channel?.postMessage({ kind: 'hand-over', id });
  let answer = await ask(id, { signal: AbortSignal.timeout(handOverMs) });
  if (answer === 'not-held') answer = await ask(id, { steal: true });
  if (answer === 'held' && wanted === id) await goOn(id);
}

function becomeOwner(): void {
  autosave.resume();
  notebook.setReadOnly(false);
}

function becomeReader(id: string): void {
  letGo = null;
  runner.stopAll();
  autosave.pause();
  notebook.setReadOnly(true);
  waitFor(id);
}

/** Once the other tab is closed, this one goes on by itself. */
function waitFor(id: string): void {
  stopWaiting();
  const controller = new AbortController();
  waiting = controller;
  void whenFree(id, controller.signal).then((isFree) => {
    if (!isFree) return;
    waiting = null;
    toast('The other tab let go of this notebook: it can be changed here now.', { tone: 'good' });
    void goOn(id);
  });
}

/** Waits until no other tab has the notebook, a reload's pause aside, and holds it then; false where given up. */
async function whenFree(id: string, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    if ((await ask(id, { signal })) === 'not-held' || wanted !== id) return false;
    // Free for a moment only while the tab that has it reloads: give it the time to come back.
    letGo?.();
    letGo = null;
    await new Promise((resolve) => setTimeout(resolve, reloadAtMostMs));
    if (signal.aborted || wanted !== id) return false;
    if ((await ask(id, { ifAvailable: true })) === 'held') return true;
  }
}

async function goOn(id: string): Promise<void> {
  try {
    const saved = await loadNotebook(storage, id);
    if (wanted !== id) return;
    becomeOwner();
    if (saved && saved.modifiedAt !== notebook.store.getState().modifiedAt) openDocument(saved);
  } catch (error) {
    becomeOwner();
    toastError(error);
  }
}

/** Saves, then lets another tab have the notebook. */
async function handOver(id: string): Promise<void> {
  runner.stopAll();
  await autosave.flush();
  const done = letGo;
  becomeReader(id);
  done?.();
}

function stopWaiting(): void {
  waiting?.abort();
  waiting = null;
}

function release(): void {
  stopWaiting();
  letGo?.();
  letGo = null;
}

function listen(): void {
  if (channel) return;
  channel = new BroadcastChannel('verbena/notebooks');
  channel.addEventListener('message', ({ data }: MessageEvent<{ kind: string; id: string }>) => {
    if (data.kind !== 'hand-over' || data.id !== wanted) return;
    const { id } = data;
    if (notebook.store.getState().readOnly) {
      // Queued before the tab that asks: step aside, and wait again behind it.
      stopWaiting();
      setTimeout(() => {
        if (wanted === id && notebook.store.getState().readOnly) waitFor(id);
      }, 2 * handOverMs);
      return;
    }
    void handOver(id);
  });
  // Another document in this tab: its lock is another one.
  notebook.store.subscribe(({ id }, before) => {
    if (id !== before.id) void claimNotebook(id);
  });
}
