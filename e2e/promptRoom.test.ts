import { expect, test } from './base.ts';
import { instructionRows, notebookLink } from './sample.ts';

// A prompt longer than the length limit never takes a text's room, and the page says what it lost.

const minute = 60_000;
const rows = instructionRows(40);

test('a prompt that is too long says which words it lost, and a press gives it room @cpu', async ({
  notebook,
}, info) => {
  test.setTimeout(5 * minute);
  await notebook.open(
    notebookLink((defaults) => ({
      ...defaults,
      embedding: { ...defaults.embedding, embedder: 'encoder', prompt: 'pie', maxLength: 48 },
    })),
  );
  await notebook.drop({ name: 'instructions.jsonl', content: rows });
  await notebook.cell('Data').done(minute);
  const embedding = notebook.cell('Embedding');
  await expect(embedding.primary).toBeVisible({ timeout: minute });
  await embedding.run(2 * minute);
  const note = embedding.root.getByText(/Its first words were left out/u);
  await expect(note).toContainText('“The essence of an instruction');
  await embedding.root.screenshot({ path: info.outputPath('prompt-cut.png') });
  await embedding.root.getByRole('button', { name: 'Double the length limit' }).click();
  await expect(embedding.root).toHaveAttribute('data-state', 'stale');
  await embedding.run(2 * minute);
  await expect(note).toBeHidden();
});
