/** The part of a Chromium trace event that is read here; times in µs. */
export interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** Processor time of the thread: what is left when a busy machine's waiting is taken off. */
  readonly tdur?: number;
  readonly args?: { readonly name?: string };
}

/** Work of the page's main thread while something was dragged; a frame reaches from one commit to the compositor to the next. */
export interface FrameWork {
  readonly frames: number;
  /** Processor time of the main thread a frame: input, React, style, layout, paint lists. */
  readonly cpuMs: Spread;
  /** The same by the clock, with the time in which other processes had the core. */
  readonly wallMs: Spread;
  /** Single tasks over 50 ms by the clock, longest first. */
  readonly longTasksMs: readonly number[];
  /** The longest single task in processor time. */
  readonly longestTaskCpuMs: number;
  /** Share of frames under 16.7 ms of processor time. */
  readonly shareInTime: number;
}

export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

const frameMs = 1000 / 60;
const longTaskMs = 50;

/** Reads the frames between two `performance.mark`s out of a trace. Throws where the marks or the main thread are missing. */
export function frameWork(events: readonly TraceEvent[], from: string, to: string): FrameWork {
  const mark = (name: string): TraceEvent => {
    const found = events.find((event) => event.name === name);
    if (!found) throw new Error(`The trace has no mark "${name}".`);
    return found;
  };
  const { ts: start, pid, tid } = mark(from);
  const { ts: end } = mark(to);
  const own = events
    .filter((event) => event.pid === pid && event.tid === tid && event.ts >= start && event.ts <= end)
    .sort((a, b) => a.ts - b.ts);
  const tasks = own.filter(({ name, ph }) => name === 'RunTask' && ph === 'X');
  const commits = own.filter(({ name, ph }) => name === 'Commit' && ph === 'X').map(({ ts }) => ts);
  if (commits.length < 2) throw new Error('The trace has no frames between the marks.');
  const cpu = new Float64Array(commits.length);
  const wall = new Float64Array(commits.length);
  let frame = 0;
  for (const { ts, dur = 0, tdur = 0 } of tasks) {
    // A commit lies inside the task that drew the frame: that task is the frame's last.
    while (frame < commits.length && (commits[frame] as number) < ts) frame++;
    if (frame === commits.length) break;
    cpu[frame] = (cpu[frame] as number) + tdur / 1000;
    wall[frame] = (wall[frame] as number) + dur / 1000;
  }
  return {
    frames: cpu.length,
    cpuMs: spread(cpu),
    wallMs: spread(wall),
    longTasksMs: tasks
      .map(({ dur = 0 }) => round(dur / 1000))
      .filter((ms) => ms > longTaskMs)
      .sort((a, b) => b - a),
    longestTaskCpuMs: round(Math.max(0, ...tasks.map(({ tdur = 0 }) => tdur / 1000))),
    shareInTime: round(cpu.filter((ms) => ms < frameMs).length / cpu.length),
  };
}

function spread(values: Float64Array): Spread {
  const sorted = values.slice().sort();
  const at = (share: number) =>
    round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0);
  return { p50: at(0.5), p95: at(0.95), max: at(1) };
}

const round = (value: number) => Math.round(value * 1000) / 1000;
