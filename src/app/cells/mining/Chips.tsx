import type { Chip } from '../../../core/mining/print.ts';

/** A formula in its canonical form, a piece a chip. A press on a concept selects it in the editor. */
export function Chips(props: {
  readonly chips: readonly Chip[];
  readonly colorOf: (name: string) => string;
  readonly onSelect: (chip: Chip) => void;
}) {
  return (
    <ul className="chips" aria-label="The formula as it is understood">
      {props.chips.map((chip, at) => (
        // oxlint-disable-next-line react/no-array-index-key -- chips have no identity but their place
        <li key={at}>
          {chip.kind === 'concept' ? (
            <button
              type="button"
              className="chip chip-concept"
              style={{ borderColor: props.colorOf(chip.text) }}
              onClick={() => props.onSelect(chip)}
            >
              <span className="chip-dot" style={{ background: props.colorOf(chip.text) }} aria-hidden />
              {chip.text}
            </button>
          ) : (
            <span className={`chip-${chip.kind}`}>{chip.text}</span>
          )}
        </li>
      ))}
    </ul>
  );
}
