import { describe, expect, it } from 'vitest';
import { nextTask } from '../base/breath.ts';
import { RunControl } from './control.ts';

/** Whether a promise has settled by the next task. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  void promise.then(() => (settled = true));
  await nextTask();
  return settled;
}

const nothing = { park: async () => undefined, wake: () => undefined };

describe('the buttons of a run', () => {
  it('lets go of a pause that is taken back before the loop stood still', async () => {
    const control = new RunControl();
    const paused = control.pause();
    expect(await isSettled(paused)).toBe(false);
    control.unpause();
    expect(await isSettled(paused)).toBe(true);
    expect(await control.permission(nothing.park, nothing.wake)).toBe('run');
  });

  it('makes a step that was asked for before it goes on, and none when it is paused again', async () => {
    const control = new RunControl();
    const loop = control.permission(nothing.park, nothing.wake);
    expect(await loop).toBe('run');
    void control.pause();
    const parked = control.permission(nothing.park, nothing.wake);
    const stepped = control.stepOnce();
    control.unpause();
    expect(await parked).toBe('step');
    expect(await isSettled(stepped)).toBe(false);
    control.stepDone();
    expect(await isSettled(stepped)).toBe(true);
    expect(await control.permission(nothing.park, nothing.wake)).toBe('run');
    void control.pause();
    expect(await isSettled(control.permission(nothing.park, nothing.wake))).toBe(false);
  });
});
