import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { describe, expect, it } from 'vitest';

// The house has floors (docs/architecture.md) and an arrow may only point down. Type imports count: a type from above
// ties the floors together as well.

const root = join(import.meta.dirname, '..');

/** Floor of each folder, from the ground up. Folders on one floor do not see each other. */
const floors: Readonly<Record<string, number>> = {
  'src/base': 0,
  'src/core': 1,
  'src/engine': 1,
  'src/models': 2,
  'src/training': 3,
  'src/services': 4,
  'src/notebook': 5,
  'src/app': 6,
};

const longestFile = 800;
const longestWorker = 30;

interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  /** The text without comments and without what stands inside strings. */
  readonly code: string;
  /** Specifiers as written. */
  readonly imports: readonly string[];
  /** Those whose import is still there when types are erased. */
  readonly valueImports: readonly string[];
}

/**
 * Comments go; strings keep their quotes and lose their content, except after `from`, `import` and `import(`. One
 * left-to-right pass, so that quotes in comments and slashes in strings do not mislead it.
 */
function stripped(text: string): Pick<SourceFile, 'code' | 'imports' | 'valueImports'> {
  const imports: string[] = [];
  const valueImports: string[] = [];
  const token =
    /\/\*[^]*?\*\/|\/\/[^\n]*|(?<lead>(?:\bfrom|\bimport)\s*\(?\s*)?(?<text>'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")|`(?:\\.|[^`\\])*`|(?<=[=(,:[!&|?{};]\s*)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/gu;
  const code = text.replace(token, (...args) => {
    const [match, , , offset] = args as [string, string | undefined, string | undefined, number];
    const groups = args.at(-1) as { lead?: string; text?: string };
    if (groups.text === undefined) return match.startsWith('`') ? '``' : ' ';
    if (groups.lead !== undefined) {
      const specifier = groups.text.slice(1, -1);
      const statement = /\b(?:import|export)\b(?![^]*\b(?:import|export)\b)[^]*$/u.exec(
        text.slice(0, offset),
      );
      imports.push(specifier);
      if (!groups.lead.startsWith('from') || !/^\w+\s+type\b/u.test(statement?.[0] ?? '')) {
        valueImports.push(specifier);
      }
    }
    return `${groups.lead ?? ''}''`;
  });
  return { code, imports, valueImports };
}

function read(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8');
  return { path, lines: text.split('\n').length - (text.endsWith('\n') ? 1 : 0), ...stripped(text) };
}

function walk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : walk(path);
    return /\.(?:ts|tsx|mjs|mts|js)$/u.test(entry.name) ? [path] : [];
  });
}

function sources(...folders: readonly string[]): SourceFile[] {
  return folders
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap(walk)
    .sort()
    .map(read);
}

/** Repository path that a relative specifier means; null for packages. */
function target(from: string, specifier: string): string | null {
  if (!specifier.startsWith('.')) return null;
  return posix.normalize(posix.join(dirname(from), specifier.replace(/\?.*$/u, '')));
}

function floorOf(path: string): string | null {
  return Object.keys(floors).find((floor) => path.startsWith(`${floor}/`)) ?? null;
}

/** Why a file may not import another; null where it may. */
function complaint(from: string, to: string): string | null {
  const lower = floorOf(to);
  if (from.startsWith('workers/')) {
    return lower === 'src/services' ? null : 'a worker entry registers a service and nothing else';
  }
  const upper = floorOf(from);
  if (upper === null || lower === null) return null;
  if (upper !== lower) {
    const [high = 0, low = 0] = [floors[upper], floors[lower]];
    if (high > low) return null;
    return high === low ? `${upper} and ${lower} do not know each other` : `${upper} stands below ${lower}`;
  }
  if (upper !== 'src/services' || to.endsWith('/contract.ts')) return null;
  // Services know each other's contracts only; rpc.ts and storage/ are what they stand on.
  const [ours, theirs] = [from, to].map((path) => path.split('/')[2] ?? '');
  const shared = theirs === ours || theirs === 'rpc.ts' || theirs === 'storage';
  return shared ? null : `the ${ours} service may import only the contract of ${theirs}`;
}

/** Chains of imports that return to where they began, each once. */
function cycles(files: readonly SourceFile[], which: 'imports' | 'valueImports' = 'valueImports'): string[] {
  const edges = new Map(
    files.map(({ path, [which]: names }) => [
      path,
      names.map((name) => target(path, name)).filter((to) => to !== null),
    ]),
  );
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) found.push([...trail.slice(at), path].join(' -> '));
    if (at >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}

const isTest = ({ path }: SourceFile) => path.endsWith('.test.ts') || path.includes('/testing/');
const house = sources('src', 'workers');
const everything = [...house, ...sources('e2e', 'scripts', 'bench')];

/** Names in `names` that a file uses as globals: not a property, not declared in the file itself. */
function globalsUsed({ code }: SourceFile, names: readonly string[]): string[] {
  return names.filter((name) => {
    const declared = new RegExp(
      `\\b(?:const|let|var|function)\\s+(?:[[{][^=]*)?\\b${name}\\b|[(,]\\s*${name}\\s*[,:)=]|\\b${name}\\s*=>`,
      'u',
    );
    const used = new RegExp(`(?<![.\\w$])${name}\\b(?!\\s*\\??\\s*:)`, 'u');
    return used.test(code) && !declared.test(code);
  });
}

describe('the floors', () => {
  it('lets every import point down', () => {
    const wrong = house.flatMap((file) =>
      file.imports.flatMap((specifier) => {
        const to = target(file.path, specifier);
        const why = to === null ? null : complaint(file.path, to);
        return why === null ? [] : [`${file.path} imports ${specifier}: ${why}`];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it('has no folder in src without a floor', () => {
    const strays = house.filter(
      ({ path }) => path.startsWith('src/') && floorOf(path) === null && path !== 'src/floors.test.ts',
    );
    expect(strays.map(({ path }) => path)).toEqual([]);
  });

  it('keeps React out of everything below the page', () => {
    const wrong = house
      .filter(({ path }) => floorOf(path) !== null && floorOf(path) !== 'src/app')
      .filter(({ imports }) =>
        imports.some((name) => /^(?:react|lucide|@tanstack\/react)(?:$|[-/])/u.test(name)),
      );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('keeps the DOM out of base, core, engine, models and training', () => {
    const pure = new Set(['src/base', 'src/core', 'src/engine', 'src/models', 'src/training']);
    const wrong = house
      .filter((file) => pure.has(floorOf(file.path) ?? '') && !isTest(file))
      .flatMap((file) =>
        globalsUsed(file, ['document', 'window', 'localStorage', 'sessionStorage']).map(
          (name) => `${file.path} uses ${name}`,
        ),
      );
    expect(wrong).toEqual([]);
  });

  it('names the file an import means, extension included', () => {
    const wrong = house.flatMap((file) =>
      file.imports
        .map((name) => target(file.path, name))
        .filter((to) => to !== null && !existsSync(join(root, to)))
        .map((to) => `${file.path} -> ${to}`),
    );
    expect(wrong).toEqual([]);
  });

  it('has no circular imports', () => {
    expect(cycles(house)).toEqual([]);
  });

  // An operation's type names its kernels and lowerings, a device's what its matrices can: the engine's types know each other.
  it('has no circle of types outside the engine', () => {
    const circles = cycles(
      house.filter((file) => !isTest(file)),
      'imports',
    );
    const isEngines = (circle: string) =>
      circle.split(' -> ').every((path) => path.startsWith('src/engine/'));
    expect(circles.filter((circle) => !isEngines(circle))).toEqual([]);
  });
});

describe('the size of things', () => {
  it(`has no file over ${longestFile} lines`, () => {
    const long = everything.filter(({ lines }) => lines > longestFile);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });

  it(`has no worker entry over ${longestWorker} lines`, () => {
    const long = house.filter(({ path, lines }) => path.startsWith('workers/') && lines > longestWorker);
    expect(long.map(({ path, lines }) => `${path}: ${lines}`)).toEqual([]);
  });
});

describe('strictness', () => {
  it('has no any, no enum and no silenced compiler', () => {
    const loose =
      /\bas any\b|[:<|&,(]\s*any\b\s*(?=[>\]),;|&=[{])|^\s*(?:export\s+)?(?:const\s+)?enum\s+\w/mu;
    const silenced = /@ts-(?:ignore|nocheck)|(?:oxlint|eslint)-disable(?!-(?:next-)?line\s+\S)/u;
    const wrong = everything.filter(
      ({ path, code }) =>
        loose.test(code) ||
        (path !== 'src/floors.test.ts' && silenced.test(readFileSync(join(root, path), 'utf8'))),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });
});

describe('this test itself', () => {
  const file = (path: string, text: string): SourceFile => ({ path, lines: 1, ...stripped(text) });

  it('reads imports of every shape and no others', () => {
    const { imports } = stripped(`
      import './a.ts'; import b, { type c } from "./b.ts"; import type { D } from './d.ts';
      export * from './e.ts'; const f = await import('./f.ts'); // import './no.ts'
      /* from './no.ts' */ const text = "import './no.ts'"; const url = 'http://from "x"'; const t = \`from './no.ts'\`;
      const quote = /['"]/u; import { g } from './g.ts';
      import {
        h,
      } from './h.ts';`);
    expect(imports).toEqual(['./a.ts', './b.ts', './d.ts', './e.ts', './f.ts', './g.ts', './h.ts']);
  });

  it('tells types, which are erased, from values', () => {
    const { valueImports } = stripped(`
      import type { A } from './a.ts'; import b, { type c } from './b.ts'; export type { D } from './d.ts';
      import { type E, f } from './f.ts';`);
    expect(valueImports).toEqual(['./b.ts', './f.ts']);
  });

  it('sees arrows that point up or sideways', () => {
    expect(complaint('src/core/text/a.ts', 'src/engine/b.ts')).toContain('do not know each other');
    expect(complaint('src/engine/a.ts', 'src/models/trainable.ts')).toContain('stands below');
    expect(complaint('src/notebook/a.ts', 'src/app/b.ts')).toContain('stands below');
    expect(complaint('src/services/text/service.ts', 'src/services/corpus/service.ts')).toContain(
      'only the contract',
    );
    expect(complaint('src/services/text/service.ts', 'src/services/corpus/contract.ts')).toBeNull();
    expect(complaint('src/services/text/service.ts', 'src/services/storage/opfs.ts')).toBeNull();
    expect(complaint('workers/text.ts', 'src/core/text/cleaner.ts')).toContain('worker entry');
    expect(complaint('src/app/main.tsx', 'src/core/metrics/f1.ts')).toBeNull();
  });

  it('tells the DOM from a variable of the same name', () => {
    const names = ['document', 'window'];
    expect(globalsUsed(file('x.ts', 'document.title = "x"'), names)).toEqual(['document']);
    expect(globalsUsed(file('x.ts', 'for (const document of documents) use(document);'), names)).toEqual([]);
    expect(globalsUsed(file('x.ts', 'const f = (window: number) => window + 1;'), names)).toEqual([]);
    expect(globalsUsed(file('x.ts', 'const o = { window: 3 }; o.window; // document'), names)).toEqual([]);
  });

  it('finds a circle', () => {
    const circle = [file('src/a.ts', "import './b.ts'"), file('src/b.ts', "import './a.ts'")];
    expect(cycles(circle)).toEqual(['src/a.ts -> src/b.ts -> src/a.ts']);
  });
});
