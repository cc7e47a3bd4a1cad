import type { CorpusService, CorpusSummary, Mapping, OpenOptions } from './contract.ts';

/** What it takes to open a corpus again. `files`: null where it was read from a kept copy alone. */
interface Opened {
  readonly summary: CorpusSummary;
  readonly files: {
    readonly files: readonly File[];
    readonly mappings: readonly Mapping[];
    readonly options: OpenOptions | undefined;
  } | null;
}

type Methods = Record<string, (...args: never[]) => Promise<unknown>>;

/** These ask nothing of what is open. */
const independent = new Set<string>(['sniff', 'inspect', 'open', 'restore', 'restoreKept', 'terminate']);
const ignore = () => undefined;

/**
 * A corpus service that stays open though its memory went, as when its worker was lost and another took its place: a call that finds
 * no corpus opens the last one again, from its kept copy or its files, merged as it was, and is then asked once more.
 */
export function reopening<Service extends CorpusService>(service: Service): Service {
  let opened: Opened | null = null;
  let again: { readonly done: Promise<void>; readonly stop: () => void } | null = null;

  async function openOnce({ summary, files }: Opened, signal: AbortSignal): Promise<void> {
    const { dataHash, merged } = summary;
    const found =
      (await service.restore(dataHash)) ??
      (files && (await service.open(files.files, files.mappings, ignore, signal, files.options)));
    if (found && found.merged !== merged) await service.setMerged(merged, ignore, signal);
  }

  /** One at a time, whoever asks. */
  function openAgain(last: Opened): Promise<void> {
    if (again) return again.done;
    const controller = new AbortController();
    const done = openOnce(last, controller.signal).finally(() => {
      again = null;
    });
    again = { done, stop: () => controller.abort() };
    return done;
  }

  /** What is opened now takes the place of what is being opened again. */
  async function giveWay(): Promise<void> {
    again?.stop();
    await again?.done.catch(ignore);
  }

  const own: Partial<CorpusService> = {
    async open(files, mappings, onProgress, signal, options) {
      await giveWay();
      const summary = await service.open(files, mappings, onProgress, signal, options);
      opened = { summary, files: { files, mappings, options } };
      return summary;
    },
    async restore(dataHash) {
      await giveWay();
      const summary = await service.restore(dataHash);
      if (summary) opened = { summary, files: null };
      return summary;
    },
    async keep(onProgress, signal) {
      const last = opened;
      const summary = await service.keep(onProgress, signal);
      // Another may have been opened while the copy was made.
      if (opened && opened === last) opened = { ...opened, summary };
      return summary;
    },
    async setMerged(merged, onProgress, signal) {
      const summary = await service.setMerged(merged, onProgress, signal);
      if (opened) opened = { ...opened, summary };
      return summary;
    },
    // Which of the copies is in use, the open corpus says.
    async kept() {
      if (opened) await reopened.badRows(0, 0).catch(ignore);
      return service.kept();
    },
    async removeKept(baseHash) {
      if (opened) await reopened.badRows(0, 0).catch(ignore);
      return service.removeKept(baseHash);
    },
  };

  const reopened = new Proxy(service, {
    get(target, key, receiver) {
      const method = Reflect.get(own, key) ?? (Reflect.get(target, key, receiver) as Methods[string]);
      if (typeof method !== 'function' || typeof key !== 'string' || independent.has(key)) return method;
      return async (...args: never[]) => {
        try {
          return await method.apply(target, args);
        } catch (error) {
          if (!opened || (error as { code?: unknown } | null)?.code !== 'no-corpus') throw error;
          await openAgain(opened);
          return method.apply(target, args);
        }
      };
    },
  });
  return reopened;
}
