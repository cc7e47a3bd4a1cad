import { formatNumber } from '../../../notebook/format.ts';
import { Check } from '../../ui/Check.tsx';
import { whyNot, type Candidate } from './candidates.ts';
import { comparisonStore } from './store.ts';

/** Everything that kept outputs on test rows. The first one ticked says which rows; what has others says so and stays shut. */
export function RunPicker(props: {
  readonly candidates: readonly Candidate[];
  readonly chosen: readonly string[];
  readonly isDisabled: boolean;
}) {
  const { candidates, chosen, isDisabled } = props;
  const first = candidates.find(({ key }) => key === chosen[0]) ?? null;
  const toggle = (key: string, on: boolean) =>
    comparisonStore.setState({ chosen: on ? [...chosen, key] : chosen.filter((other) => other !== key) });
  return (
    <div className="run-picker" role="group" aria-label="Runs to compare">
      <div className="run-choice run-choice-head small quiet" aria-hidden>
        <span>Run</span>
        <span>Trained with</span>
        <span className="run-choice-score">Test micro-F1</span>
      </div>
      {candidates.map((candidate) => {
        const { key, name, about, microF1 } = candidate;
        const why = first && first.key !== key ? whyNot(first, candidate) : null;
        const isChosen = chosen.includes(key);
        return (
          <div key={key} className="run-choice">
            <Check
              isSelected={isChosen}
              isDisabled={isDisabled || (why !== null && !isChosen)}
              onChange={(on) => toggle(key, on)}
            >
              <span className="run-choice-name">{name}</span>
            </Check>
            <span className="small quiet run-choice-about">
              {why === null ? about : `not comparable with the first: ${why}`}
            </span>
            <span className="num run-choice-score">
              <span className="visually-hidden">test micro-F1 </span>
              {microF1 === null ? '–' : formatNumber(microF1)}
            </span>
          </div>
        );
      })}
    </div>
  );
}
