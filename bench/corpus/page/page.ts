import { connectCorpus } from '../../../src/services/corpus/client.ts';

export interface Measured {
  readonly elapsedMs: number;
  readonly rows: number;
  readonly badRows: number;
}

declare global {
  interface Window {
    measure: (reader: 'verbena' | 'papaparse') => Promise<Measured>;
  }
}

window.measure = async (reader) => {
  const file = document.querySelector<HTMLInputElement>('#file')?.files?.[0];
  if (!file) throw new Error('No file.');
  return reader === 'verbena' ? verbena(file) : papaparse(file);
};

/** The product's own worker and protocol: what a person waits for after the drop. */
async function verbena(file: File): Promise<Measured> {
  const service = connectCorpus();
  const { mapping } = await service.sniff(file);
  const begun = performance.now();
  const summary = await service.open([file], [mapping], () => undefined, new AbortController().signal);
  return {
    elapsedMs: performance.now() - begun,
    rows: summary.rowCount,
    badRows: summary.badRowCount,
  };
}

async function papaparse(file: File): Promise<Measured> {
  const worker = new Worker(new URL('./papaWorker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }: MessageEvent<Measured>) => resolve(data));
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
    worker.postMessage(file);
  });
}
