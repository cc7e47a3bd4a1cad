import { Trash2 } from 'lucide-react';
import { useMemo } from 'react';
import { useStore } from 'zustand';
import { formatMinute, formatNumber } from '../../../notebook/format.ts';
import type { ClassifierCard } from '../../../services/miner/contract.ts';
import { useSession } from '../../hooks.ts';
import { toastError } from '../../toasts.ts';
import { IconButton } from '../../ui/Button.tsx';
import { DataTable, type Column } from '../../ui/DataTable.tsx';
import { classifiersStore, removeClassifier, trainingNames } from './store.ts';

interface Row {
  readonly card: ClassifierCard;
  readonly isChosen: boolean;
  readonly real: number | null;
}

const columns: readonly Column<Row>[] = [
  {
    id: 'name',
    header: 'Classifier',
    value: ({ card }) => card.name,
    width: 'minmax(180px, 4fr)',
    render: ({ card, isChosen }) => (
      <button
        type="button"
        className="classifier-name"
        aria-pressed={isChosen}
        onClick={() => classifiersStore.setState({ chosenId: card.id })}
      >
        {card.name}
      </button>
    ),
  },
  { id: 'classes', header: 'Classes', value: ({ card }) => card.labels.length, width: '80px' },
  {
    id: 'training',
    header: 'Trained',
    value: ({ card }) =>
      card.kind === 'encoder' ? card.modelName : trainingNames[card.spec?.training ?? 'joint'],
    width: '124px',
  },
  { id: 'rows', header: 'Texts', value: ({ card }) => card.rows, width: '72px' },
  {
    id: 'heldOut',
    header: 'Held-out',
    value: ({ card }) => card.heldOut?.accuracy ?? null,
    format: (value) => formatNumber(value, 3),
    width: '88px',
    isNumber: true,
  },
  {
    id: 'real',
    header: 'Real rows',
    value: ({ real }) => real,
    format: (value) => formatNumber(value, 3),
    width: '92px',
    isNumber: true,
  },
  {
    id: 'made',
    header: 'Made',
    value: ({ card }) => card.createdAt,
    render: ({ card }) => formatMinute(card.createdAt),
    width: '116px',
  },
  {
    id: 'remove',
    header: 'Remove',
    value: () => null,
    isControl: true,
    width: '72px',
    render: ({ card }) => (
      <IconButton
        icon={Trash2}
        label={`Remove ${card.name}`}
        onPress={() => void removeClassifier(card).catch(toastError)}
      />
    ),
  },
];

/** Every classifier of this browser; a press chooses the one that is shown below. */
export function ClassifierTable(props: {
  readonly cards: readonly ClassifierCard[];
  readonly chosen: ClassifierCard;
}) {
  const { cards, chosen } = props;
  const real = useStore(classifiersStore, (state) => state.real);
  const corpus = useSession((state) => state.corpus);
  const rows = useMemo(
    () =>
      cards.map((card) => {
        const found = real[card.id];
        const isCurrent = found !== undefined && found.dataHash === corpus?.dataHash;
        return { card, isChosen: card === chosen, real: isCurrent ? found.report.accuracy : null };
      }),
    [cards, chosen, real, corpus],
  );
  return (
    <DataTable
      name="Classifiers"
      summary="Kept in this browser, for every notebook; the marked one is shown below. “Held-out” and “Real rows” are accuracies."
      rows={rows}
      columns={columns}
      getKey={({ card }) => card.id}
      maxHeight={260}
    />
  );
}
