import { readFileSync } from 'node:fs';
import Papa from 'papaparse';
import { takeRows } from '../src/core/clustering/geometry.ts';
import { kmeans } from '../src/core/clustering/kmeans.ts';
import { fromNpy } from '../src/core/embedding/npy.ts';
import { expect, test } from './base.ts';
import { instructionRows, notebookLink } from './sample.ts';

// k-means on WebGPU in the page's own worker, chosen in the cell, held against the CPU's in the same page and against core's in Node.

const minute = 60_000;
const rows = instructionRows(400);
/** Few and well apart: where clusters touch, float32 and float64 may settle in different places. */
const k = 12;

test('k-means on the GPU finds what the CPU finds from the same seed @webgpu', async ({
  notebook,
  page,
}, info) => {
  test.setTimeout(8 * minute);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      embedding: { ...defaults.embedding, embedder: 'lsa', rank: 16 },
      clusters: { ...defaults.clusters, k, seeds: 2, runs: 2, device: 'webgpu' },
    })),
  );
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  const [embedding, clusters] = [notebook.cell('Embedding'), notebook.cell('Clusters')];
  const savedClusters = async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      clusters.root.getByRole('button', { name: 'Save clusters' }).click(),
    ]);
    const { data } = Papa.parse<{ row: string; cluster: string; distance: string }>(
      readFileSync(await download.path(), 'utf8').trim(),
      { header: true },
    );
    return data.map(({ row, cluster, distance }) => ({
      row: Number(row),
      cluster: Number(cluster),
      distance: Number(distance),
    }));
  };
  const rand = () => notebook.figure('Clusters', /rand/iu);

  // Chains of cells come one after another.
  await expect(clusters.primary).toBeVisible({ timeout: minute });

  const onGpu = await test.step('on the GPU, by name', async () => {
    await clusters.run(4 * minute);
    expect(await clusters.provenance()).toMatch(/swiftshader|llvmpipe|gpu|nvidia|amd|intel|apple/iu);
    expect(await clusters.provenance()).not.toMatch(/\bCPU\b/u);
    await info.attach('on the GPU', { body: await clusters.root.screenshot(), contentType: 'image/png' });
    return { rows: await savedClusters(), rand: await rand() };
  });

  await test.step('on the CPU: the same clusters, row by row', async () => {
    await clusters.root.getByRole('button', { name: /runs on/iu }).click();
    await page.getByRole('option', { name: 'CPU' }).click();
    await expect(clusters.root).toHaveAttribute('data-state', 'stale');
    await clusters.run(2 * minute);
    expect(await clusters.provenance()).toMatch(/\bCPU\b/u);
    const onCpu = await savedClusters();
    // Texts of several tasks have no one category, and are left out.
    expect(onGpu.rows.length).toBeGreaterThan(300);
    expect(new Set(onGpu.rows.map(({ cluster }) => cluster)).size).toBe(k);
    expect(onGpu.rows.map(({ cluster }) => cluster)).toEqual(onCpu.map(({ cluster }) => cluster));
    onCpu.forEach(({ distance }, at) => expect(onGpu.rows[at]?.distance).toBeCloseTo(distance, 4));
    expect(onGpu.rand).toBe(await rand());
  });

  await test.step('core’s k-means over the saved vectors says so too', async () => {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      embedding.root.getByRole('button', { name: 'Save .npy' }).click(),
    ]);
    const all = fromNpy(new Uint8Array(readFileSync(await download.path())));
    expect(all.count).toBe(400);
    const vectors = takeRows(
      all,
      onGpu.rows.map(({ row }) => row),
    );
    const { clusters: twin } = await kmeans(vectors, { k, seed: 0, runs: 2 });
    expect(onGpu.rows.map(({ cluster }) => cluster)).toEqual([...twin]);
  });

  await test.step('words alone are sparse: the GPU says that it cannot, and what to choose', async () => {
    await clusters.root.getByRole('button', { name: /runs on/iu }).click();
    await page.getByRole('option', { name: 'GPU', exact: true }).click();
    await embedding.root.getByRole('button', { name: /embedder/iu }).click();
    await page.getByRole('option', { name: /^TF-IDF/u }).click();
    await clusters.primary.click();
    await expect(clusters.root.getByRole('alert')).toContainText(
      'Sparse vectors are clustered on the CPU only',
      {
        timeout: minute,
      },
    );
  });
});
