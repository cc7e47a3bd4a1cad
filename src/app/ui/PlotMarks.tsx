import type { CSSProperties } from 'react';
import { alongAxis, type PlotMark, type PlotPlace } from './marks.ts';

/** Draws marks over a plot: a few elements that are moved by a transform. Screen readers have the plot's summary instead. */
export function PlotMarks(props: { readonly marks: readonly PlotMark[]; readonly place: PlotPlace }) {
  const { marks, place } = props;
  const { x, y } = place;
  return (
    <div
      className="plot-marks"
      aria-hidden
      style={{ left: x.offset, top: y.offset, width: x.length, height: y.length }}
    >
      {marks.map((mark, at) => (
        // eslint-disable-next-line react/no-array-index-key -- a plot has the same marks in the same order while they move
        <Mark key={at} mark={mark} place={place} />
      ))}
    </div>
  );
}

function Mark({ mark, place: { x, y } }: { readonly mark: PlotMark; readonly place: PlotPlace }) {
  const right = (value: number) => alongAxis(x, value);
  const down = (value: number) => y.length - alongAxis(y, value);
  switch (mark.kind) {
    case 'band': {
      const from = within(right(mark.from), x.length);
      const width = within(right(mark.to), x.length) - from;
      return (
        <span className="plot-band" style={shifted(`translateX(${from}px) scaleX(${Math.max(0, width)})`)} />
      );
    }
    case 'point': {
      const [left, top] = [right(mark.x), down(mark.y)];
      if (isOutside(left, x.length) || isOutside(top, y.length)) return null;
      return <span className="plot-point" style={shifted(`translate(${left}px, ${top}px)`)} />;
    }
    case 'x': {
      const left = right(mark.at);
      if (isOutside(left, x.length)) return null;
      return (
        <span className="plot-line-x" style={shifted(`translateX(${left}px)`)}>
          {mark.text !== undefined && (
            <span className={`plot-words plot-words-${mark.side ?? 'right'}`}>{mark.text}</span>
          )}
        </span>
      );
    }
    case 'y': {
      const top = down(mark.at);
      if (isOutside(top, y.length)) return null;
      return (
        <span className="plot-line-y" style={shifted(`translateY(${top}px)`)}>
          {mark.text !== undefined && <span className="plot-words">{mark.text}</span>}
        </span>
      );
    }
  }
}

const within = (pixels: number, length: number) => Math.min(length, Math.max(0, pixels));

/** Zoomed away. Not a clip: a ring on the axis, or words over the top line, are to be seen whole. */
const isOutside = (pixels: number, length: number) => !(pixels >= -1 && pixels <= length + 1);

const shifted = (transform: string): CSSProperties => ({ transform });
