import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { expect, test } from './base.ts';
import type { DroppedFile, NotebookPage } from './pages/notebookPage.ts';
import { sampleRows } from './sample.ts';

// What a person drops by mistake: each gets its named error or counted rows, the page lives, what was there stays. The full
// table of malformed inputs is tested without a browser, beside the readers.

const rows = (count: number) =>
  Array.from({ length: count }, (_, i) =>
    JSON.stringify({ text: `Step number ${i}`, labels: ['A', `B${i % 3}`] }),
  );

/** What the page says: toasts, alerts, notes. */
async function said(notebook: NotebookPage): Promise<string> {
  const data = await notebook.cell('Data').failure();
  return `${await notebook.toasts.innerText()} ${data ?? ''}`;
}

interface Broken {
  readonly name: string;
  readonly file: DroppedFile;
  readonly says: RegExp;
}

const refused: readonly Broken[] = [
  { name: 'an empty file', file: { name: 'empty.csv', content: '' }, says: /empty/iu },
  {
    name: 'a picture',
    file: { name: 'steps.csv', content: Buffer.from('89504e470d0a1a0a0000000d49484452000000', 'hex') },
    says: /not text|binary|picture|image/iu,
  },
  {
    name: 'a header and nothing else',
    file: { name: 'header.csv', content: 'text,labels\n' },
    says: /header|no rows/iu,
  },
  {
    name: 'a Word document',
    file: {
      name: 'thesis.docx',
      content: Buffer.from(
        zipSync({ 'word/document.xml': strToU8('<w:document><w:t>Hello</w:t></w:document>') }),
      ),
    },
    says: /is an Office document/iu,
  },
  {
    name: 'gzip that is damaged from its first block',
    file: { name: 'steps.jsonl.gz', content: Buffer.from(`1f8b0800000000000003${'ff'.repeat(200)}`, 'hex') },
    says: /gzip/iu,
  },
];

test.describe('a file that cannot be read', () => {
  for (const { name, file, says } of refused) {
    test(`${name}: says so, keeps the data that was open`, async ({ notebook }) => {
      await notebook.open();
      await notebook.drop({ name: 'good.jsonl', content: `${rows(60).join('\n')}\n` });
      await notebook.cell('Data').done(30_000);
      expect(await notebook.figure('Data', /^rows$/iu)).toBe('60');
      await notebook.drop(file);
      await expect.poll(() => said(notebook)).toMatch(says);
      expect(await notebook.figure('Data', /^rows$/iu)).toBe('60');
    });
  }
});

interface Partly {
  readonly name: string;
  readonly file: DroppedFile;
  readonly rows: string;
  readonly bad: string;
}

const partly: readonly Partly[] = [
  {
    name: 'lines that are not JSON',
    file: { name: 'a.jsonl', content: [...rows(20), '{"text": "cut', 'null', ...rows(20)].join('\n') },
    rows: '40',
    bad: '2',
  },
  {
    name: 'NaN for labels',
    file: {
      name: 'b.jsonl',
      content: [
        ...rows(20),
        '{"text":"no labels here","labels":NaN}',
        '{"text":"nor here","labels":{"a":1}}',
      ].join('\n'),
    },
    rows: '20',
    bad: '2',
  },
  {
    name: 'gzip cut off in the middle',
    file: {
      name: 'c.jsonl.gz',
      content: (() => {
        const whole = gzipSync(sampleRows(100));
        return whole.subarray(0, Math.floor(whole.length / 2));
      })(),
    },
    rows: '',
    bad: '',
  },
];

test.describe('a file with some bad rows', () => {
  for (const { name, file, rows: good, bad } of partly) {
    test(`${name}: the good rows are kept, the bad ones counted and listed`, async ({ notebook }) => {
      await notebook.open();
      await notebook.drop(file);
      await notebook.cell('Data').done(30_000);
      const shown = [await notebook.figure('Data', /^rows$/iu), await notebook.figure('Data', /not read/iu)];
      if (good === '') expect(Number(shown[1])).toBeGreaterThan(0);
      else expect(shown).toEqual([good, bad]);
      const names = (await notebook.cell('Data').outputs()).map((output) => output.name);
      expect(names.join(', ')).toMatch(/not read|bad rows/iu);
    });
  }
});

test('a table dropped with a model is not opened unasked, and is said', async ({ notebook }) => {
  await notebook.open();
  await notebook.drop(
    { name: 'model.safetensors', content: Buffer.from('0200000000000000', 'hex') },
    { name: 'config.json', content: '{"model_type": "bert"}' },
    { name: 'mail.csv', content: 'text,labels\nMy parcel is late,delivery\nWrong colour,item\n' },
  );
  await expect(notebook.toasts).toContainText('Using the dropped model');
  await expect(notebook.toasts).toContainText('“mail.csv” was dropped with the model and not opened.');
  expect(await notebook.cell('Data').state()).toBe('idle');
  await notebook.toasts.getByRole('button', { name: 'Open as data' }).click();
  await notebook.cell('Data').done(30_000);
  expect(await notebook.figure('Data', /^rows$/iu)).toBe('2');
});

test('hostile text and labels are shown as text', async ({ notebook, page }) => {
  const hostile = '<img src=x onerror="globalThis.owned=true"><script>globalThis.owned=true</script>';
  const lines = Array.from({ length: 30 }, (_, i) =>
    JSON.stringify({ text: `${hostile} ${i}`, labels: [hostile, '=cmd()', '__proto__', 'constructor'] }),
  );
  await notebook.open();
  await notebook.drop({ name: `${hostile.slice(0, 20)}.jsonl`, content: lines.join('\n') });
  await notebook.cell('Data').done(30_000);
  await notebook.cell('Labels').setNumber(/threshold/iu, 5);
  await expect(page.getByText('<img src=x').first()).toBeVisible();
  expect(await page.evaluate(() => 'owned' in globalThis)).toBe(false);
  expect(await notebook.figure('Data', /^labels$/iu)).toBe('4');
});

test('a threshold that keeps no label says what to do, and nothing breaks', async ({ notebook }) => {
  await notebook.open();
  await notebook.drop({ name: 'good.jsonl', content: rows(60).join('\n') });
  await notebook.cell('Data').done(30_000);
  await notebook.cell('Labels').setNumber(/threshold/iu, 60);
  const training = notebook.cell('Training');
  if (await training.primary.isEnabled()) await training.primary.click();
  await expect(notebook.page.getByText(/no label|0 labels|lower the threshold/iu).first()).toBeVisible();
  await expect(notebook.cell('Data').root).toHaveAttribute('data-state', 'done');
});

test.describe('notebooks and links', () => {
  test('a torn notebook file changes nothing', async ({ notebook }) => {
    await notebook.open();
    await notebook.drop({ name: 'broken.verbena.json', content: '{"title": "cut' });
    await expect(notebook.toasts).toContainText(/not JSON|cut off/iu);
    await expect(notebook.cell('Data').root).toBeVisible();
  });

  test('a damaged link opens the page and says so', async ({ notebook }) => {
    await notebook.open('/#p=AAAA');
    await expect(notebook.toasts).toContainText(/link/iu);
  });

  test('a model folder with lying weights names what is wrong', async ({ notebook }) => {
    const header = Buffer.from(
      JSON.stringify({
        'transformer.mask_emb': { dtype: 'F32', shape: [1, 1, 128], data_offsets: [0, 999_999] },
      }),
    );
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    await notebook.open();
    await notebook.drop({ name: 'good.jsonl', content: rows(60).join('\n') });
    await notebook.cell('Data').done(30_000);
    await notebook.cell('Labels').setNumber(/threshold/iu, 5);
    await notebook.drop(
      { name: 'config.json', content: '{"model_type":"xlnet"}' },
      { name: 'model.safetensors', content: Buffer.concat([length, header, Buffer.alloc(64)]) },
      { name: 'tokenizer.json', content: '{"model": {"type": "Unigram", "vocab": []}}' },
      { name: 'tokenizer_config.json', content: '{}' },
    );
    const text = notebook.cell('Text');
    await text.primary.click();
    await expect
      .poll(
        async () =>
          `${(await text.failure()) ?? ''}${(await notebook.cell('Training').failure()) ?? ''}${await notebook.toasts.innerText()}`,
      )
      .toMatch(/tokenizer|safetensors|weights|vocab/iu);
  });
});
