import { describe, expect, it } from 'vitest';
import { csvMapping } from '../../core/corpus/testing.ts';
import type { CorpusService } from './contract.ts';
import { reopening } from './reopening.ts';
import { Corpus } from './service.ts';

const nobody = new AbortController().signal;
const ignore = () => undefined;
const file = new File(['text,labels\nstir,a\nstir,b\npour,a\n'], 'a.csv');
const other = new File(['text,labels\nrake,c\n'], 'b.csv');

/** The service in this thread; `lose` takes its memory, as a worker that dies does. */
function frail() {
  let corpus = new Corpus();
  let opens = 0;
  const service = new Proxy({} as CorpusService, {
    get: (_, key) => {
      if (key === 'open') opens++;
      const method = Reflect.get(corpus, key) as (...args: unknown[]) => unknown;
      return method.bind(corpus);
    },
  });
  return { service: reopening(service), lose: () => void (corpus = new Corpus()), opens: () => opens };
}

describe('a corpus whose worker was lost', () => {
  it('is open again at the next question, merged as it was, once for all who ask', async () => {
    const { service, lose, opens } = frail();
    const { dataHash } = await service.open([file], [csvMapping], ignore, nobody);
    const merged = await service.setMerged(true, ignore, nobody);
    lose();
    const [texts, table] = await Promise.all([service.texts(Uint32Array.of(1, 0)), service.labelTable()]);
    expect(texts).toEqual(['pour', 'stir']);
    expect(table.rowCount).toBe(2);
    expect(opens()).toBe(2);
    lose();
    const apart = await service.setMerged(false, ignore, nobody);
    expect([apart.dataHash, apart.merged]).toEqual([dataHash, false]);
    expect(merged.dataHash).not.toBe(dataHash);
  });

  it('stays what was opened last, also where the next one could not be opened', async () => {
    const { service, lose } = frail();
    await service.open([file], [csvMapping], ignore, nobody);
    const stopped = service.open([other], [csvMapping], ignore, AbortSignal.abort());
    await expect(stopped).rejects.toMatchObject({ code: 'aborted' });
    lose();
    expect(await service.texts(Uint32Array.of(0))).toEqual(['stir']);
    lose();
    const asked = service.texts(Uint32Array.of(0));
    await service.open([other], [csvMapping], ignore, nobody);
    await asked.catch(ignore);
    expect(await service.texts(Uint32Array.of(0))).toEqual(['rake']);
  });

  it('is still no corpus where none was open', async () => {
    await expect(frail().service.labelTable()).rejects.toMatchObject({ code: 'no-corpus' });
  });
});
