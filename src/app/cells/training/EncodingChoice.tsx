import { useMemo, useState } from 'react';
import { maxChains } from '../../../core/encodings/plan.ts';
import { edgeCount, hierarchyByContainment, hierarchyFromPairs } from '../../../core/encodings/hierarchy.ts';
import type { LabelEncoding } from '../../../core/encodings/types.ts';
import { formatCount, plural } from '../../../notebook/format.ts';
import { useSession } from '../../hooks.ts';
import { NumberField, Select } from '../../ui/fields.tsx';
import { Note } from '../../ui/panels.tsx';

type Name = 'binary-relevance' | 'chain' | 'chains' | 'label-embedding' | 'product' | 'minimum';

const begins: Readonly<Record<Name, LabelEncoding>> = {
  'binary-relevance': { kind: 'binary-relevance' },
  chain: { kind: 'chain', order: 'frequency', chains: 1, passes: 'decision' },
  chains: { kind: 'chain', order: 'frequency', chains: 5, passes: 'decision' },
  'label-embedding': { kind: 'label-embedding' },
  product: { kind: 'hierarchical', consistency: 'product', parents: 'containment' },
  minimum: { kind: 'hierarchical', consistency: 'minimum', parents: 'containment' },
};

function nameOf(encoding: LabelEncoding): Name {
  if (encoding.kind === 'chain') return encoding.chains > 1 ? 'chains' : 'chain';
  return encoding.kind === 'hierarchical' ? encoding.consistency : encoding.kind;
}

interface Props {
  readonly encoding: LabelEncoding | undefined;
  readonly onChange: (encoding: LabelEncoding) => void;
  readonly isDisabled: boolean;
}

/** How labels become outputs: each for itself, or knowing of each other, of their names, or of their hierarchy. */
export function EncodingChoice({ encoding = begins['binary-relevance'], onChange, isDisabled }: Props) {
  return (
    <>
      <Select
        label="Label encoding"
        value={nameOf(encoding)}
        onChange={(name) => onChange(begins[name])}
        isDisabled={isDisabled}
        width={208}
        options={[
          {
            value: 'binary-relevance',
            label: 'Binary relevance',
            description: 'The paper’s: one output a label, each for itself.',
          },
          {
            value: 'chain',
            label: 'Classifier chain',
            description: 'Each label also sees those before it (Read et al. 2011).',
          },
          {
            value: 'chains',
            label: 'Ensemble of chains',
            description: 'Several chains in random orders, averaged; a head each.',
          },
          {
            value: 'label-embedding',
            label: 'Label embeddings',
            description: 'Labels begin as what the encoder makes of their names.',
          },
          {
            value: 'product',
            label: 'Hierarchical, product',
            description: 'P(label) = P(label | parents) · P(parents); learned where parents hold.',
          },
          {
            value: 'minimum',
            label: 'Hierarchical, minimum',
            description: 'Learned as ever; no label above its parents afterwards.',
          },
        ]}
      />
      {encoding.kind === 'chain' && (
        <>
          {encoding.chains > 1 ? (
            <NumberField
              label="Chains"
              value={encoding.chains}
              onChange={(chains) => onChange({ ...encoding, chains })}
              min={2}
              max={maxChains}
              step={1}
              isDisabled={isDisabled}
            />
          ) : (
            <Select
              label="Order"
              value={encoding.order}
              onChange={(order) => onChange({ ...encoding, order })}
              isDisabled={isDisabled}
              options={[
                { value: 'frequency', label: 'Frequent first' },
                { value: 'given', label: 'As listed' },
              ]}
            />
          )}
          <Select
            label="Passes on"
            value={encoding.passes}
            onChange={(passes) => onChange({ ...encoding, passes })}
            isDisabled={isDisabled}
            options={[
              { value: 'decision', label: 'Its decision', description: 'Whether it is predicted at 0.5.' },
              { value: 'probability', label: 'Its probability' },
            ]}
          />
        </>
      )}
      {encoding.kind === 'hierarchical' && (
        <Select
          label="Parents"
          value={encoding.parents === 'containment' ? 'containment' : 'pairs'}
          onChange={(kind) => onChange({ ...encoding, parents: kind === 'pairs' ? [] : 'containment' })}
          isDisabled={isDisabled}
          options={[
            {
              value: 'containment',
              label: 'From the rows',
              description: 'A stands under B where every row of A has B: exact with a topic tree.',
            },
            { value: 'pairs', label: 'Given', description: 'Pairs of child and parent, one a line.' },
          ]}
        />
      )}
    </>
  );
}

/** What an encoding means for the labels at hand, and where pairs are given the place to write them. */
export function EncodingNote({ encoding, onChange, isDisabled }: Props) {
  const selection = useSession((state) => state.selection);
  const split = useSession((state) => state.split);
  const edges = useMemo(() => {
    if (encoding?.kind !== 'hierarchical' || !selection) return null;
    const { labels, targetOffsets, targetIds } = selection;
    try {
      return encoding.parents === 'containment'
        ? split && edgeCount(hierarchyByContainment({ labels, train: split.train, targetOffsets, targetIds }))
        : edgeCount(hierarchyFromPairs(labels, encoding.parents));
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }, [encoding, selection, split]);
  if (encoding?.kind !== 'hierarchical') return null;
  const { parents } = encoding;
  return (
    <>
      {parents !== 'containment' && (
        <PairsField
          pairs={parents}
          onChange={(next) => onChange({ ...encoding, parents: next })}
          isDisabled={isDisabled}
        />
      )}
      {typeof edges === 'string' ? (
        <Note tone="bad">
          <p>{edges} Remove one of the pairs on the cycle.</p>
        </Note>
      ) : edges === null ? null : edges === 0 ? (
        <Note tone="warn">
          <p>
            No kept label stands above another: this is binary relevance here. Add a topic tree in the Data
            cell, lower the label threshold, or give pairs.
          </p>
        </Note>
      ) : (
        <Note>
          <p>
            {plural(edges, 'pair')} of child and parent among {formatCount(selection?.labels.length ?? 0)}{' '}
            labels.
          </p>
        </Note>
      )}
    </>
  );
}

/** `child, parent` or `child<TAB>parent`, one pair a line; lines that are no pair are told, not dropped. */
function PairsField(props: {
  readonly pairs: readonly (readonly [string, string])[];
  readonly onChange: (pairs: readonly (readonly [string, string])[]) => void;
  readonly isDisabled: boolean;
}) {
  const [text, setText] = useState(() => props.pairs.map((pair) => pair.join('\t')).join('\n'));
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const wrong = lines.filter((line) => pairOf(line) === null).length;
  return (
    <label className="pairs-field">
      <span className="field-label">Child and parent, a tab or comma between, one pair a line</span>
      <textarea
        className="text-input mono"
        rows={4}
        value={text}
        disabled={props.isDisabled}
        spellCheck={false}
        onChange={(event) => {
          setText(event.target.value);
          props.onChange(
            event.target.value.split('\n').flatMap((line) => [pairOf(line) ?? []].filter(isPair)),
          );
        }}
      />
      {wrong > 0 && (
        <span className="small" role="alert">
          {plural(wrong, 'line')} without two names
        </span>
      )}
    </label>
  );
}

const isPair = (value: readonly string[]): value is readonly [string, string] => value.length === 2;

function pairOf(line: string): readonly [string, string] | null {
  const [child = '', parent = '', ...more] = line
    .split(line.includes('\t') ? '\t' : ',')
    .map((one) => one.trim());
  return child !== '' && parent !== '' && more.length === 0 ? [child, parent] : null;
}
