import type { Config, Data, Layout, PlotlyHTMLElement } from 'plotly.js';
import { withLegendInPlace } from './legend.ts';

export type PlotlyModule = (typeof import('plotly.js-cartesian-dist-min'))['default'];

const config: Partial<Config> = {
  displayModeBar: false,
  displaylogo: false,
  // On by default in plotly.js: it would offer to send the data to a server.
  showSendToCloud: false,
  responsive: false,
  doubleClick: 'reset+autosize',
};

/** A plot is drawn no more often than this; the last state is always drawn. */
const drawEveryMs = 60;

export interface PlotDrawing {
  readonly traces: Data[];
  readonly layout: Partial<Layout>;
  /** Called once what plotly drew can be listened to. */
  readonly onDrawn: (root: PlotlyHTMLElement) => void;
}

export interface PlotCanvas {
  /** Draws soon; what was to be drawn before and is not yet is left out. */
  draw(drawing: PlotDrawing): void;
  /** Follows the element's width. */
  resize(): void;
  close(): void;
}

/**
 * Plotly in an element, one drawing after another: each takes several tasks, and plotly does not say what becomes of calls that
 * overlap.
 */
export function createPlotCanvas(
  plotly: Pick<PlotlyModule, 'react' | 'relayout' | 'purge'>,
  element: HTMLElement,
  onError: (error: unknown) => void,
): PlotCanvas {
  let wanted: PlotDrawing | null = null;
  let drawnWidth: number | null = null;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let isDrawing = false;
  let isClosed = false;

  /** A hidden element has no width; its plot waits at the last one. */
  const isAtOtherWidth = () =>
    drawnWidth !== null && element.clientWidth > 0 && element.clientWidth !== drawnWidth;

  async function drawNext(): Promise<void> {
    // While a slider moves, figures come first: a plot takes several milliseconds.
    const wait = drawEveryMs - (performance.now() - drawnAt);
    if (wanted && wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    if (isClosed) return;
    const drawing = wanted;
    wanted = null;
    const width = element.clientWidth || (drawnWidth ?? 640);
    drawnWidth = width;
    if (!drawing) {
      await withLegendInPlace(plotly, element, () => plotly.relayout(element, { width }));
      return;
    }
    drawnAt = performance.now();
    const { traces, layout, onDrawn } = drawing;
    const root = await withLegendInPlace(plotly, element, () =>
      plotly.react(element, traces, { ...layout, width }, config),
    );
    if (!isClosed) onDrawn(root);
  }

  async function drawInTurn(): Promise<void> {
    if (isDrawing) return;
    isDrawing = true;
    while (wanted || isAtOtherWidth()) {
      try {
        await drawNext();
      } catch (error) {
        if (!isClosed) onError(error);
      }
    }
    isDrawing = false;
  }

  return {
    draw(drawing) {
      if (isClosed) return;
      wanted = drawing;
      void drawInTurn();
    },
    resize() {
      void drawInTurn();
    },
    close() {
      isClosed = true;
      [wanted, drawnWidth] = [null, null];
      plotly.purge(element);
    },
  };
}
