import { mkdir, writeFile } from 'node:fs/promises';
import { buildMini } from './mini.ts';

// npm run mini: rewrites public/models/verbena-mini, byte for byte the same each time.

const folder = new URL('../../public/models/verbena-mini/', import.meta.url);
await mkdir(folder, { recursive: true });
const files = await buildMini();
for (const [name, content] of Object.entries(files)) {
  await writeFile(new URL(name, folder), content);
  console.log(`${name}: ${content.length} ${typeof content === 'string' ? 'characters' : 'bytes'}`);
}
