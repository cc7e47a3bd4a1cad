import { readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { expect, test } from './base.ts';
import { notebookLink } from './sample.ts';
import { tinyLlama } from './tinyLlama.ts';

// The whole loop without a network: the engine's own decoder, from files, writes objects; clusters choose some; the decoder is tuned on them in
// the tab; its adapter leaves as files that PEFT reads. The model is two layers of noise: what is shown is the flow, and that it learns.

const minute = 60_000;

test('the engine’s decoder writes objects offline, is tuned on the kept ones, and its adapter leaves as files @cpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(6 * minute);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      incubator: {
        ...defaults.incubator,
        instruction: "Tell 'up' from 'down'.",
        count: 16,
        generator: 'decoder',
        prompt: 'plain',
        examples: 0,
        temperature: 1,
        minP: 0,
        maxTextChars: 10,
        replyTokens: 48,
        diversify: { ...defaults.incubator.diversify, k: 8, batchSize: 16, embedder: 'tfidf' },
      },
    })),
  );
  const cell = notebook.cell('Incubator');
  await test.step('files are chosen, objects are written', async () => {
    const choosing = page.waitForEvent('filechooser');
    await cell.root.getByRole('button', { name: 'Choose files' }).click();
    await (await choosing).setFiles(await tinyLlama());
    await cell.primary.click();
    await cell.done(3 * minute);
    expect(await notebook.figure('Incubator', /objects in use/iu)).toBe('16');
    expect(await notebook.figure('Incubator', /dropped/iu)).toBe('0.0 %');
  });

  const panel = (await cell.output('Tune the generator')).root;
  await test.step('tuning lowers the loss and shows the same draws before and after', async () => {
    await panel.getByRole('button', { name: 'Tune on 16 objects' }).click();
    await expect(panel.getByText(/Loss a token/u)).toBeVisible({ timeout: 3 * minute });
    const said = await panel.getByText(/Loss a token/u).innerText();
    const [before, after] = /([\d.]+) before, ([\d.]+) after/u.exec(said)?.slice(1).map(Number) ?? [];
    expect(after).toBeLessThan(before ?? 0);
    await expect(panel.getByText('An adapter is at work')).toBeVisible();
    await expect(panel.getByRole('region', { name: /^After/u }).locator('pre')).toHaveCount(3);
    await cell.output('Loss while tuning');
  });
  await cell.root.screenshot({ path: info.outputPath('tuned.png') });

  await test.step('the adapter leaves as PEFT has it; more is generated with it', async () => {
    const download = page.waitForEvent('download');
    await panel.getByRole('button', { name: 'Save the adapter' }).click();
    const files = unzipSync(new Uint8Array(readFileSync(await (await download).path())));
    const names = Object.keys(files);
    expect(names.map((name) => name.split('/').at(-1)).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
    ]);
    const config = names.find((name) => name.endsWith('.json')) ?? '';
    expect(JSON.parse(Buffer.from(files[config] ?? []).toString())).toMatchObject({
      peft_type: 'LORA',
      r: 8,
    });
    await cell.root.getByRole('button', { name: /^Generate 16 more/u }).click();
    await expect(cell.root).toHaveAttribute('data-state', 'running');
    await cell.done(3 * minute);
    expect(await notebook.figure('Incubator', /objects in use/iu)).toBe('32');
    expect(await cell.provenance()).toContain(' + ');
    await panel.getByRole('button', { name: 'Back to the published model' }).click();
    await expect(panel.getByText('An adapter is at work')).toBeHidden();
  });
});
