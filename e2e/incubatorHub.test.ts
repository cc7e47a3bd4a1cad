import { random } from '../src/base/random.ts';
import { encodeModel } from '../src/engine/onnx/model.ts';
import { expect, test } from './base.ts';
import { standInForHub } from './hubStandIn.ts';
import { notebookLink } from './sample.ts';
import { byteTokenizer, byteVocabulary, endToken } from './tinyHub.ts';

// A language model of the hub that stands on this side of the network: a byte-level bigram model as ONNX, written here. The built page, under its
// Content-Security-Policy, fetches it from the hub's address through transformers.js and makes it write objects with exactly the asked classes,
// though it has never seen a brace.

const minute = 60_000;
const repository = 'verbena-tests/tiny-bigram';

function tinyBigram(): ReadonlyMap<string, Buffer> {
  const [end, size] = [endToken, byteVocabulary];
  const stream = random(5);
  // Letters and spaces follow each other; everything else is rare.
  const isWord = (id: number) => id === 32 || (id >= 97 && id <= 122);
  const table = Float32Array.from({ length: size * size }, (_, at) => {
    const [from, to] = [Math.floor(at / size), at % size];
    return stream.normal() + (isWord(to) ? 6 : 0) - (from === 32 && to === 32 ? 9 : 0);
  });
  const model = encodeModel({
    nodes: [
      {
        name: 'logits',
        opType: 'Gather',
        inputs: ['table', 'input_ids'],
        outputs: ['logits'],
        attributes: { axis: 0 },
      },
    ],
    inputs: [{ name: 'input_ids', type: 'int64', shape: ['batch', 'tokens'] }],
    outputs: [{ name: 'logits', type: 'float' }],
    initializers: [
      { name: 'table', type: 'float', shape: [size, size], bytes: new Uint8Array(table.buffer) },
    ],
  });
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  return new Map([
    [
      'config.json',
      json({
        architectures: ['GPT2LMHeadModel'],
        model_type: 'gpt2',
        vocab_size: size,
        n_layer: 1,
        n_head: 1,
        n_embd: 8,
        n_positions: 4096,
        max_position_embeddings: 4096,
        bos_token_id: end,
        eos_token_id: end,
      }),
    ],
    ['generation_config.json', json({ eos_token_id: end, bos_token_id: end })],
    ...byteTokenizer(),
    ['onnx/model.onnx', Buffer.from(model)],
  ]);
}

const link = (more: object = {}) =>
  notebookLink((defaults) => ({
    ...defaults,
    incubator: {
      ...defaults.incubator,
      instruction: "Tell messages apart by 'größe' and 'a \"quoted\" class'.",
      labels: ['größe', 'a "quoted" class'],
      count: 16,
      generator: 'hub',
      hub: { repository, revision: 'main', dtype: 'fp32' },
      maxTextChars: 24,
      ...more,
    },
  }));

test('a hub model writes objects with exactly the asked classes, repeats itself by its seed, and says when nothing is usable @cpu', async ({
  notebook,
  page,
  context,
  watch,
}) => {
  test.setTimeout(4 * minute);
  const asked = await standInForHub(context, new Map([[repository, tinyBigram()]]));
  await notebook.open(link());
  const cell = notebook.cell('Incubator');
  expect(asked, 'asked before anyone generates').toEqual([]);
  const texts = async () => {
    const rows = await (await cell.output('Objects')).root.locator('.table-body .table-line').allInnerTexts();
    // The first of them: the table draws as many as are seen.
    return rows.slice(1, 9).map((row) => row.replaceAll(/\s+/gu, ' '));
  };
  const first = await test.step('held to the classes, nothing has to be dropped', async () => {
    await cell.primary.click();
    await cell.done(2 * minute);
    expect(await notebook.figure('Incubator', /objects in use/iu)).toBe('16');
    expect(await notebook.figure('Incubator', /dropped/iu)).toBe('0.0 %');
    expect(asked).toContain(`/${repository}/resolve/main/onnx/model.onnx`);
    expect(await cell.provenance()).toContain(repository);
    return texts();
  });
  await test.step('the same seed writes the same', async () => {
    const before = asked.length;
    await cell.root.getByRole('button', { name: 'Start a new set' }).click();
    await expect(cell.root).toHaveAttribute('data-state', 'running');
    await cell.done(2 * minute);
    expect(await texts()).toEqual(first);
    expect(await notebook.figure('Incubator', /objects in use/iu)).toBe('16');
    expect(asked, 'it stays open').toHaveLength(before);
  });
  await test.step('let loose it writes no object: said with the reason, every reply kept', async () => {
    await cell.root.getByRole('switch', { name: /constrained/iu }).click({ force: true });
    await cell.root.getByRole('button', { name: 'Start a new set' }).click();
    await expect(cell.root.getByRole('alert')).toContainText('None of 16 replies held a usable object', {
      timeout: 2 * minute,
    });
    await expect(cell.root.getByRole('alert')).toContainText('Turn on constrained sampling');
    expect(await notebook.figure('Incubator', /dropped/iu)).toBe('100.0 %');
  });
  expect(watch.foreign.every((url) => url.startsWith(`https://huggingface.co/${repository}/`))).toBe(true);
  watch.foreign.length = 0;
  await page.close();
});

test.describe('where the hub does not answer', () => {
  test.use({ errorsExpected: true });

  test('a repository that is not there is named, with what to do @cpu', async ({
    notebook,
    context,
    watch,
  }) => {
    await standInForHub(context, new Map());
    await notebook.open(link());
    const cell = notebook.cell('Incubator');
    await cell.primary.click();
    await expect(cell.root.getByRole('alert')).toContainText(`${repository} could not be found`);
    await context.unroute('https://huggingface.co/**');
    const files = new Map(tinyBigram());
    files.delete('tokenizer.json');
    await standInForHub(context, new Map([[repository, files]]));
    await cell.primary.click();
    await expect(cell.root.getByRole('alert')).toContainText(`${repository} has no tokenizer`);
    watch.foreign.length = 0;
  });
});
