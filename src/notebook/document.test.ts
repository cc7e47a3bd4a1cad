import { describe, expect, it } from 'vitest';
import type { Provenance } from './cells.ts';
import { fileNameOf, newDocument, NotebookFileError, serialiseDocument } from './document.ts';
import { linkHash, readLinkHash } from './link.ts';
import { defaultParameters, type NotebookParameters } from './parameters.ts';
import { parametersSchema } from './parametersSchema.ts';
import { parseDocument } from './readDocument.ts';
import { provenanceText } from './runner.ts';

const edited: NotebookParameters = {
  ...defaultParameters,
  dataset: {
    mergeDuplicates: true,
    source: {
      kind: 'files',
      files: [
        {
          name: 'steps "1".csv',
          mapping: {
            format: 'csv',
            schema: 'text-labels',
            gzip: false,
            textColumns: ['text'],
            labelColumns: ['labels'],
            labelSeparator: '|',
            delimiter: ';',
            hasHeader: true,
          },
        },
      ],
    },
  },
  labels: {
    threshold: 300,
    pinned: ['Café & Küche'],
    excluded: ['<b>x</b>'],
    merges: { Tea: 'Drinks' },
    rowEdits: null,
  },
  text: {
    ...defaultParameters.text,
    model: { kind: 'hub', repository: 'xlnet/xlnet-base-cased', revision: 'main' },
  },
};

const codeOf = (read: () => unknown): unknown => {
  try {
    read();
  } catch (error) {
    return error instanceof NotebookFileError ? error.code : error;
  }
  return 'read';
};

describe('notebook file', () => {
  it('reads back what it wrote', () => {
    const document = { ...newDocument(), title: 'Threshold study', parameters: edited };
    expect(parseDocument(serialiseDocument(document))).toEqual(document);
  });

  it('keeps which probabilities a result holds; results from before that was said open as they were', () => {
    const provenance = {
      dataHash: 'abc',
      parameters: {},
      seed: 1,
      model: 'xlnet',
      device: 'this CPU',
      version: '0.1.0',
      startedAt: '2026-11-22T06:00:00.000Z',
      durationMs: 5,
    };
    const of = (own: Provenance) => ({
      ...newDocument(),
      results: { predict: { provenance: own, inputs: {}, headline: '2 texts', summary: {} } },
    });
    const older = of(provenance);
    expect(parseDocument(serialiseDocument(older))).toEqual(older);
    expect(provenanceText(provenance)).not.toContain('probabilities');
    const said = of({ ...provenance, probabilities: 'calibrated, temperature 1.5 on 90 validation rows' });
    expect(parseDocument(serialiseDocument(said))).toEqual(said);
    expect(provenanceText(said.results.predict.provenance)).toContain(
      ' · probabilities calibrated, temperature 1.5 on 90 validation rows · ',
    );
  });

  it('names the runs of an older comparison by their date, as long after as it is read', () => {
    const startedAt = new Date(2026, 10, 21, 23, 24, 40).toISOString();
    const provenance = {
      dataHash: 'd',
      parameters: {},
      seed: 13,
      model: '16 min ago, just now on 40 test rows',
      device: 'this CPU',
      version: '0.1.0',
      startedAt,
      durationMs: 5,
    };
    const summary = {
      keys: ['a', 'b'],
      report: {
        names: ['16 min ago', 'XLNet, 2 h ago'],
        pairs: [{ sentence: '16 min ago is better than XLNet, 2 h ago' }],
      },
    };
    const older = {
      ...newDocument(),
      results: { comparison: { provenance, inputs: {}, headline: '2 models', summary } },
    };
    const { comparison } = parseDocument(JSON.stringify(older)).results;
    expect(comparison?.summary).toEqual({
      keys: ['a', 'b'],
      report: {
        names: ['run of Nov 21 23:08', 'XLNet, run of Nov 21 21:24'],
        pairs: [{ sentence: 'run of Nov 21 23:08 is better than XLNet, run of Nov 21 21:24' }],
      },
    });
    expect(comparison?.provenance.model).toBe('run of Nov 21 23:08, run of Nov 21 23:24 on 40 test rows');
    expect(comparison?.provenance.startedAt).toBe(startedAt);
  });

  it('fills parameters that an older version did not know', () => {
    const document = JSON.parse(serialiseDocument(newDocument())) as Record<string, unknown>;
    document['parameters'] = { labels: { threshold: 42 } };
    const { parameters } = parseDocument(JSON.stringify(document));
    expect(parameters.labels).toEqual({ ...defaultParameters.labels, threshold: 42 });
    expect(parameters.training).toEqual(defaultParameters.training);
  });

  it.each([
    ['not JSON', '{"format": "verbena-note', 'notebook-not-json'],
    ['an empty file', '', 'notebook-not-json'],
    ['other JSON', '[1, 2]', 'notebook-wrong-format'],
    ['null', 'null', 'notebook-wrong-format'],
    ['a newer format', '{"format":"verbena-notebook","version":9}', 'notebook-newer'],
    ['missing parts', '{"format":"verbena-notebook","version":1}', 'notebook-invalid'],
  ])('refuses %s by name', (_what, text, code) => {
    expect(codeOf(() => parseDocument(text))).toBe(code);
  });

  it.each([
    ['a threshold of zero', { labels: { threshold: 0 } }, 'parameters.labels.threshold'],
    ['a text where a number belongs', { training: { seed: 'x' } }, 'parameters.training.seed'],
    ['shares that leave nothing to train on', { split: { validation: 0.6, test: 0.5 } }, 'parameters.split'],
    ['an unknown kind of model', { text: { model: { kind: 'cloud' } } }, 'parameters.text.model'],
  ])('names the path of %s', (_what, parameters, path) => {
    const raw = JSON.stringify({ ...newDocument(), parameters });
    expect(() => parseDocument(raw)).toThrow(expect.objectContaining({ code: 'notebook-invalid' }) as Error);
    expect(() => parseDocument(raw)).toThrow(path);
  });

  it('drops nothing that prototypes could misuse', () => {
    const raw = serialiseDocument(newDocument()).replace(
      '"labels": {',
      '"__proto__": {"polluted": true}, "labels": {',
    );
    parseDocument(raw);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it('gives a file a name that every system takes', () => {
    expect(fileNameOf('Schwelle 300/500: «Test»')).toBe('schwelle-300-500-test.verbena.json');
    expect(fileNameOf('///')).toBe('notebook.verbena.json');
  });
});

describe('defaults', () => {
  it('fit their own schema', () => {
    expect(parametersSchema.safeParse(defaultParameters).success).toBe(true);
  });
});

describe('link', () => {
  it('carries the parameters that differ and the title', () => {
    expect(readLinkHash(`#${linkHash('A – ü', edited)}`)).toEqual({ title: 'A – ü', parameters: edited });
  });

  it('is short while little differs from the defaults', () => {
    const labels = { ...defaultParameters.labels, threshold: 300 };
    expect(linkHash('Study', { ...defaultParameters, labels }).length).toBeLessThan(90);
  });

  it('takes whole a choice whose kind differs from the default', () => {
    const text = { ...defaultParameters.text, model: { kind: 'files', name: 'verbena-mini' } as const };
    expect(readLinkHash(linkHash('', { ...defaultParameters, text }))?.parameters.text.model).toEqual(
      text.model,
    );
  });

  it('leaves other hashes alone and names a damaged one', () => {
    expect(readLinkHash('#labels')).toBeNull();
    expect(readLinkHash('')).toBeNull();
    const whole = linkHash('x', edited);
    expect(() => readLinkHash(whole.slice(0, whole.length / 2))).toThrow(
      expect.objectContaining({ code: 'link-damaged' }) as Error,
    );
  });
});
