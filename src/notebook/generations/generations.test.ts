import { describe, expect, it } from 'vitest';
import { collect, type Reply } from '../../core/incubator/replies.ts';
import {
  GeneratorError,
  type GenerateRequest,
  type TextGenerator,
} from '../../services/generator/contract.ts';
import { createGenerationArchive } from './archive.ts';
import { generateReplies, type GenerationPlan } from './generate.ts';
import { recordOf } from './testing.ts';
import { noUsage } from './types.ts';

const request = (draw: number): GenerateRequest => ({
  prompt: { system: '', user: `draw ${draw}`, start: '', examplesUsed: 0, tokens: 1 },
  keys: ['a', 'b'],
  maxTextChars: 100,
  maxTokens: 10,
  temperature: 1,
  topP: 1,
  minP: 0,
  seed: draw,
});

const object = (draw: number) =>
  JSON.stringify({ a: `word ${'x'.repeat(draw + 1)}`, b: `other ${'y'.repeat(draw + 1)}` });

/** A generator that says what a function of the draw says, a few characters at a time, and stops when told. */
function scripted(
  say: (draw: number) => string | Error,
  parallel = 1,
): TextGenerator & { readonly draws: number[]; most: number } {
  let busy = 0;
  const own = {
    draws: [] as number[],
    most: 0,
    info: { name: 'script', device: 'none', contextTokens: 1000, parallel, canConstrain: false },
    async generate({ seed }: GenerateRequest, onPiece: (text: string) => void, signal: AbortSignal) {
      own.draws.push(seed);
      own.most = Math.max(own.most, ++busy);
      const said = say(seed);
      const text = said instanceof Error ? '{"a": "cut' : said;
      let sent = '';
      for (let at = 0; at < text.length && !signal.aborted; at += 4) {
        await new Promise((done) => setTimeout(done, 0));
        sent += text.slice(at, at + 4);
        onPiece(text.slice(at, at + 4));
      }
      busy--;
      if (said instanceof Error && !signal.aborted) throw said;
      const finish = signal.aborted ? ('stopped' as const) : ('end' as const);
      return {
        reply: { text: sent, finish },
        promptTokens: 10,
        newTokens: 5,
        areTokensCounted: true,
        ms: 100,
        note: null,
      };
    },
    dispose: () => Promise.resolve(),
  };
  return own;
}

function run(generator: TextGenerator, more: Partial<GenerationPlan> = {}) {
  const replies: Reply[] = [];
  const live: (readonly string[])[] = [];
  const collected = () => collect(replies, { labels: ['a', 'b'] });
  const plan: GenerationPlan = {
    generator,
    wanted: 8,
    have: () => collected().kept.length,
    complaint: () => Object.keys(collected().counts)[0] ?? 'nothing',
    request,
    from: 0,
    usage: noUsage,
    inputPrice: 0,
    outputPrice: 0,
    onReply: async (reply) => {
      replies.push(reply);
    },
    onLive: (texts) => live.push(texts),
    onNote: () => undefined,
    signal: new AbortController().signal,
    backOffMs: 1,
    ...more,
  };
  return { replies, live, collected, end: generateReplies(plan) };
}

describe('generating', () => {
  it('asks until there is enough, and adds up what it cost', async () => {
    const generator = scripted(object);
    const { replies, end, live } = run(generator, { inputPrice: 2, outputPrice: 10 });
    const usage = await end;
    expect(replies).toHaveLength(8);
    expect(generator.draws).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(usage).toMatchObject({ requests: 8, promptTokens: 80, newTokens: 40, busyMs: 800 });
    expect(usage.cost).toBeCloseTo((80 * 2 + 40 * 10) / 1e6, 12);
    expect(live.some(([text]) => text === '{"a":"wo')).toBe(true);
    expect(live.at(-1)).toEqual([]);
  });

  it('goes on where the set was left: other draws, not the same again', async () => {
    const generator = scripted(object);
    await run(generator, { from: 100, wanted: 2 }).end;
    expect(generator.draws).toEqual([100, 101]);
  });

  it('asks for several at once and begins no more than are still wanted', async () => {
    const generator = scripted(object, 4);
    const startedAt = performance.now();
    const { replies, end } = run(generator, { wanted: 10 });
    const { busyMs, requests } = await end;
    expect(generator.most).toBe(4);
    expect(replies).toHaveLength(10);
    // Each says that it took 100 ms; time in which several were under way counts once.
    expect(requests).toBe(10);
    expect(busyMs).toBeLessThan(performance.now() - startedAt + 101);
  });

  it('asks again for what fell, keeping all of it', async () => {
    const { replies, collected, end } = run(
      scripted((draw) => (draw % 2 ? object(draw) : 'no')),
      { wanted: 5 },
    );
    await end;
    expect(collected().kept).toHaveLength(5);
    expect(collected().counts).toEqual({ 'no-object': 5 });
    expect(replies).toHaveLength(10);
  });

  it('stopped in the middle keeps half a reply and is no failure', async () => {
    const controller = new AbortController();
    const { replies, end } = run(scripted(object), {
      signal: controller.signal,
      onLive: ([text]) => {
        if (text && text.length > 8) controller.abort();
      },
    });
    await end;
    expect(replies).toHaveLength(1);
    expect(replies[0]?.finish).toBe('stopped');
    expect(replies[0]?.text.length).toBeGreaterThan(8);
  });

  it('gives up on a generator that says nothing usable, and says what it said', async () => {
    const { replies, end } = run(scripted(() => 'I am only a parrot.'));
    await expect(end).rejects.toMatchObject({
      code: 'generation-useless',
      message: expect.stringContaining('no-object') as string,
    });
    expect(replies).toHaveLength(16);
  });

  it('gives up where the same comes again and again', async () => {
    const { end, collected } = run(
      scripted(() => object(1)),
      { wanted: 4 },
    );
    await expect(end).rejects.toMatchObject({ code: 'generation-exhausted' });
    expect(collected().kept).toHaveLength(1);
  });

  it('waits for a busy server, three times', async () => {
    let tries = 0;
    const busy = new GeneratorError('endpoint-busy', 'busy', 'wait');
    const { end, collected } = run(
      scripted((draw) => (draw === 1 && tries++ < 2 ? busy : object(draw))),
      { wanted: 3 },
    );
    await end;
    expect(tries).toBe(3);
    expect(collected().kept).toHaveLength(3);
    await expect(run(scripted(() => busy)).end).rejects.toBe(busy);
  });

  it('keeps what came before an error, and half of what was being said', async () => {
    const broken = new GeneratorError('endpoint-failed', 'broke', 'look', { partial: '{"a": "partial' });
    const { replies, end } = run(scripted((draw) => (draw === 3 ? broken : object(draw))));
    await expect(end).rejects.toBe(broken);
    expect(replies.map(({ finish }) => finish)).toEqual(['end', 'end', 'end', 'failed']);
    expect(replies[3]?.text).toBe('{"a": "partial');
  });
});

describe('the archive', () => {
  const memory = () => {
    const map = new Map<string, unknown>();
    return {
      map,
      get: (key: string) => Promise.resolve(map.get(key)),
      set: (key: string, value: unknown) => {
        map.set(key, structuredClone(value));
        return Promise.resolve();
      },
      delete: (key: string) => {
        map.delete(key);
        return Promise.resolve();
      },
    };
  };
  const replies = (from: number, to: number): Reply[] =>
    Array.from({ length: to - from }, (_, at) => ({ text: `reply ${from + at}`, finish: 'end' }));

  it('gives back every reply in order, however they were added', async () => {
    const storage = memory();
    const archive = createGenerationArchive(storage, 'n1');
    await archive.add({ record: recordOf('s'), replies: replies(0, 40) });
    // Not waited for: a stop comes at any time.
    const all = [
      archive.append(recordOf('s'), 40, replies(40, 41)),
      archive.append(recordOf('s'), 41, replies(41, 100)),
    ];
    await Promise.all(all);
    const [loaded] = await createGenerationArchive(storage, 'n1').load();
    expect(loaded?.replies).toEqual(replies(0, 100));
    expect(loaded?.record.replyCount).toBe(100);
    expect([...storage.map.keys()].filter((key) => key.startsWith('generated/n1/s/'))).toHaveLength(4);
    expect(await createGenerationArchive(storage, 'n2').load()).toEqual([]);
  });

  it('finds what was being written when the tab died, once', async () => {
    const storage = memory();
    const archive = createGenerationArchive(storage, 'n1');
    await archive.add({ record: recordOf('s'), replies: replies(0, 2) });
    await archive.saveLive('s', ['{"a": "half', ' ', '{"a": "another']);
    const reopened = createGenerationArchive(storage, 'n1');
    const [loaded] = await reopened.load();
    expect(loaded?.replies.slice(2)).toEqual([
      { text: '{"a": "half', finish: 'failed' },
      { text: '{"a": "another', finish: 'failed' },
    ]);
    const [again] = await createGenerationArchive(storage, 'n1').load();
    expect(again?.replies).toHaveLength(4);
  });

  it('takes a set away whole, and back again', async () => {
    const storage = memory();
    const archive = createGenerationArchive(storage, 'n1');
    await archive.add({ record: recordOf('s'), replies: replies(0, 70) });
    await archive.add({ record: recordOf('t'), replies: replies(0, 3) });
    const taken = await archive.remove('s');
    expect([...storage.map.keys()].some((key) => key.includes('/s/'))).toBe(false);
    expect((await archive.load()).map(({ record: { id } }) => id)).toEqual(['t']);
    if (taken) await archive.add(taken);
    const ids = await archive.load();
    expect(ids.map(({ record: { id }, replies: all }) => [id, all.length])).toEqual([
      ['t', 3],
      ['s', 70],
    ]);
    expect(await archive.remove('nobody')).toBeNull();
  });

  it('goes on after a write that failed', async () => {
    const storage = memory();
    const archive = createGenerationArchive(storage, 'n1');
    await archive.add({ record: recordOf('s'), replies: [] });
    const { set } = storage;
    storage.set = () => Promise.reject(new Error('full'));
    await expect(archive.append(recordOf('s'), 0, replies(0, 1))).rejects.toThrow('full');
    storage.set = set;
    await archive.append(recordOf('s'), 0, replies(0, 1));
    expect((await archive.load())[0]?.replies).toEqual(replies(0, 1));
  });
});
