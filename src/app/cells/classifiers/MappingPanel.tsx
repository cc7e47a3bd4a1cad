import { Scale, Square } from 'lucide-react';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import { goldRows, type ClassTarget } from '../../../core/incubator/classifier/mapping.ts';
import { formatCount, formatPercent, plural } from '../../../notebook/format.ts';
import type { ClassifierCard } from '../../../services/miner/contract.ts';
import { useParameters, useSession } from '../../hooks.ts';
import { Button } from '../../ui/Button.tsx';
import { Select } from '../../ui/fields.tsx';
import { Output } from '../../ui/Output.tsx';
import { classifiersStore, judgeOnData, targetsOf, type RealReport } from './store.ts';

const keyOf = (target: ClassTarget) => (target.kind === 'label' ? `=${target.label}` : target.kind);

/** Which label of the open data each class stands for; what judges a classifier on real rows. */
export function MappingPanel(props: { readonly card: ClassifierCard; readonly real: RealReport | null }) {
  const { card, real } = props;
  const table = useSession(({ labelTable }) => labelTable);
  const [{ mapping }, change] = useParameters('classifiers');
  const judging = useStore(classifiersStore, (state) => state.judging);
  const targets = useMemo(
    () => (table ? targetsOf(card.labels, table.labels, mapping) : []),
    [card, table, mapping],
  );
  const gold = useMemo(() => (table ? goldRows(targets, table) : null), [targets, table]);
  const options = useMemo(
    () => [
      { value: 'none', label: 'not in this data' },
      { value: 'rest', label: 'every other row', description: 'Rows that no other class claims.' },
      ...(table?.labels ?? []).map((label) => ({ value: `=${label}`, label })),
    ],
    [table],
  );
  if (!table || !gold || table.labels.length === 0) return null;
  const isSame = real !== null && real.targets.map(keyOf).join('\n') === targets.map(keyOf).join('\n');
  const leftOut = [
    gold.several > 0 ? `${formatCount(gold.several)} of several classes` : '',
    gold.none > 0 ? `${formatCount(gold.none)} of none` : '',
  ].filter((part) => part !== '');
  return (
    <Output
      name="In the open data"
      summary={`${plural(gold.rows.length, 'row')} of exactly one class${leftOut.length > 0 ? `; left out: ${leftOut.join(', ')}` : ''}`}
      tools={
        judging ? (
          <Button icon={Square} onPress={judging.stop}>
            {`Stop (${formatPercent(judging.done / Math.max(1, judging.total))})`}
          </Button>
        ) : (
          <Button
            icon={Scale}
            isDisabled={gold.rows.length === 0}
            tip={
              gold.rows.length === 0 ? 'Map a class to a label first.' : 'Classifies these rows and counts.'
            }
            onPress={() => void judgeOnData(card)}
          >
            {isSame ? 'Judge again' : `Judge on ${plural(gold.rows.length, 'real row')}`}
          </Button>
        )
      }
    >
      <div className="class-mapping">
        {card.labels.map((name, at) => (
          <Select
            key={name}
            label={name}
            value={keyOf(targets[at] ?? { kind: 'none' })}
            width={220}
            options={options}
            onChange={(key) =>
              change({
                mapping: {
                  ...mapping,
                  [name]: key.startsWith('=')
                    ? { kind: 'label', label: key.slice(1) }
                    : { kind: key === 'rest' ? 'rest' : 'none' },
                },
              })
            }
          />
        ))}
      </div>
    </Output>
  );
}
