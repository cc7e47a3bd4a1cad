import type { Data, Layout, PlotlyHTMLElement } from 'plotly.js';
import { FileDown, FileImage, FileType2, ClipboardCopy, Table2 } from 'lucide-react';
import { memo, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { toCsv, type CsvValue } from '../../base/csv.ts';
import { copyImage, fileStem, saveFile } from '../files.ts';
import { useTheme } from '../theme.ts';
import { toast, toastError } from '../toasts.ts';
import { DataTable } from './DataTable.tsx';
import { Output } from './Output.tsx';
import { PlotMarks } from './PlotMarks.tsx';
import { marksLayout, plotPlace, type PlotMark, type PlotPlace } from './marks.ts';
import { createPlotCanvas, type PlotCanvas, type PlotlyModule } from './plotCanvas.ts';
import { baseLayout, mergeLayout, plotColors, type PlotColors } from './plotTheme.ts';

let loading: Promise<PlotlyModule> | null = null;

/** 1.5 MB that no one needs before the first plot. */
function loadPlotly(): Promise<PlotlyModule> {
  loading ??= import('plotly.js-cartesian-dist-min').then((module) => module.default);
  return loading;
}

/** What the CSV of a plot holds, and what screen readers read. */
export interface PlotTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly CsvValue[])[];
}

export interface PlotProps {
  readonly name: string;
  /** One sentence with the finding in words and numbers; the plot's description for screen readers. */
  readonly summary: string;
  /** Traces. Keep this and `layout` stable (`useCallback`): plotly draws again whenever one of them changes. */
  readonly data: (colors: PlotColors) => Data[];
  readonly layout?: (colors: PlotColors) => Partial<Layout>;
  /** What moves with a slider; costs no drawing. */
  readonly marks?: readonly PlotMark[];
  readonly table: () => PlotTable;
  readonly height?: number;
  readonly tools?: ReactNode;
  /** A press on a point: its trace and index. */
  readonly onPoint?: (curve: number, point: number) => void;
  /** Points of the first trace inside a lasso or box; null once it is put away. */
  readonly onSelect?: (points: readonly number[] | null) => void;
}

const noMarks: readonly PlotMark[] = [];

/** A plotly figure that follows the theme and its container, with PNG, SVG and CSV behind its menu. */
export function Plot(props: PlotProps) {
  const {
    name,
    summary,
    data,
    layout,
    marks = noMarks,
    table,
    height = 320,
    tools,
    onPoint,
    onSelect,
  } = props;
  const theme = useTheme();
  const [asTable, setAsTable] = useState(false);

  // eslint-disable-next-line react-hooks/exhaustive-deps -- the theme decides what the tokens resolve to
  const colors = useMemo(() => plotColors(), [theme]);
  const traces = useMemo(() => data(colors), [data, colors]);
  const full = useMemo(
    () => mergeLayout({ ...baseLayout(colors), height }, layout?.(colors) ?? {}),
    [layout, colors, height],
  );

  const frame = useRef<HTMLDivElement>(null);
  /** Titled and on its own ground, so that a picture can stand alone. */
  const picture = async (format: 'png' | 'svg'): Promise<Blob> => {
    const module = await loadPlotly();
    const width = Math.max(640, frame.current?.clientWidth ?? 960);
    const isLog = { x: full.xaxis?.type === 'log', y: full.yaxis?.type === 'log' };
    const moved = marksLayout(marks, colors, isLog);
    const titled = mergeLayout(full, {
      width,
      height: height + 56,
      title: {
        text: `${escapeHtml(name)}<br><sup>${escapeHtml(summary)}</sup>`,
        x: 0.01,
        xanchor: 'left',
        font: { size: 16, color: colors.ink },
      },
      margin: { t: 72 },
      shapes: [...(full.shapes ?? []), ...(moved.shapes ?? [])],
      annotations: [...(full.annotations ?? []), ...(moved.annotations ?? [])],
    });
    const url = await module.toImage(
      { data: traces, layout: titled },
      { format, width, height: height + 56, scale: format === 'png' ? 2 : 1 },
    );
    return dataUrlBlob(url);
  };

  // What the menu does is looked up when it is chosen, so that the menu itself stays the same while a slider moves.
  const latest = useRef({ picture, table });
  useEffect(() => {
    latest.current = { picture, table };
  });
  const actions = useMemo(() => {
    const savePicture = (format: 'png' | 'svg') =>
      void latest.current
        .picture(format)
        .then((blob) => saveFile(blob, `${fileStem(name)}.${format}`), toastError);
    return [
      { id: 'png', label: 'Save as PNG (2×)', icon: FileImage, run: () => savePicture('png') },
      { id: 'svg', label: 'Save as SVG', icon: FileType2, run: () => savePicture('svg') },
      {
        id: 'csv',
        label: 'Save data as CSV',
        icon: FileDown,
        run: () => {
          const { header, rows } = latest.current.table();
          saveFile(toCsv(header, rows), `${fileStem(name)}.csv`, 'text/csv');
        },
      },
      {
        id: 'copy',
        label: 'Copy picture',
        icon: ClipboardCopy,
        run: () => void latest.current.picture('png').then(copyImage).then(toastCopied, toastError),
      },
      {
        id: 'table',
        label: asTable ? 'Show as plot' : 'Show as table',
        icon: Table2,
        run: () => setAsTable(!asTable),
      },
    ];
  }, [name, asTable]);

  const press = useRef(onPoint);
  const select = useRef(onSelect);
  useEffect(() => {
    press.current = onPoint;
    select.current = onSelect;
  });
  const onLasso = useCallback((points: readonly number[] | null) => select.current?.(points), []);
  const onPress = useCallback((curve: number, point: number) => press.current?.(curve, point), []);

  return (
    <Output name={name} summary={summary} actions={actions} tools={tools} exports={{ picture, table }} isWide>
      {asTable ? (
        <PlotAsTable name={name} table={table()} height={height} />
      ) : (
        <div
          ref={frame}
          className="plot-frame"
          role="img"
          aria-label={`${name}. ${summary}`}
          style={{ height }}
        >
          <Canvas
            traces={traces}
            layout={full}
            height={height}
            marks={marks}
            onPress={onPress}
            onLasso={onLasso}
          />
        </div>
      )}
    </Output>
  );
}

interface CanvasProps {
  readonly traces: Data[];
  readonly layout: Partial<Layout>;
  readonly height: number;
  readonly marks: readonly PlotMark[];
  readonly onPress: (curve: number, point: number) => void;
  readonly onLasso: (points: readonly number[] | null) => void;
}

/** Plotly's part and the marks over it. */
const Canvas = memo(function Canvas({ traces, layout, height, marks, onPress, onLasso }: CanvasProps) {
  const host = useRef<HTMLDivElement>(null);
  const [canvas, setCanvas] = useState<PlotCanvas | null>(null);
  const [place, setPlace] = useState<PlotPlace | null>(null);

  useEffect(() => {
    const element = host.current;
    if (!element) return;
    let alive = true;
    let own: PlotCanvas | null = null;
    const observer = new ResizeObserver(() => own?.resize());
    const load = async () => {
      const plotly = await loadPlotly();
      if (!alive) return;
      own = createPlotCanvas(plotly, element, toastError);
      observer.observe(element);
      setCanvas(own);
    };
    load().catch(toastError);
    return () => {
      alive = false;
      observer.disconnect();
      own?.close();
    };
  }, []);

  useEffect(() => {
    const onDrawn = (root: PlotlyHTMLElement) => {
      root.removeAllListeners('plotly_click');
      root.on('plotly_click', ({ points }) => {
        const [point] = points;
        if (point) onPress(point.curveNumber, point.pointIndex);
      });
      root.removeAllListeners('plotly_selected');
      root.on('plotly_selected', (event) => {
        const own = event?.points.filter(({ curveNumber }) => curveNumber === 0) ?? [];
        if (own.length > 0) onLasso(own.map(({ pointIndex }) => pointIndex));
      });
      root.removeAllListeners('plotly_deselect');
      root.on('plotly_deselect', () => onLasso(null));
      // Zoomed, or another width: the axes have moved under the marks.
      const follow = () => setPlace(plotPlace(root));
      root.removeAllListeners('plotly_afterplot');
      root.removeAllListeners('plotly_relayouting');
      root.on('plotly_afterplot', follow);
      root.on('plotly_relayouting', follow);
      follow();
    };
    canvas?.draw({ traces, layout, onDrawn });
  }, [canvas, traces, layout, onPress, onLasso]);

  return (
    <>
      <div ref={host} className="plot" style={{ height }} />
      {place && marks.length > 0 && <PlotMarks marks={marks} place={place} />}
    </>
  );
});

/** What a plot shows, as a table in its place. */
export function PlotAsTable(props: {
  readonly name: string;
  readonly table: PlotTable;
  readonly height: number;
}) {
  const { header, rows } = props.table;
  const columns = useMemo(
    () =>
      header.map((title, at) => ({
        id: String(at),
        header: title,
        value: (row: readonly CsvValue[]) => {
          const value = row[at];
          return typeof value === 'number' || typeof value === 'string' ? value : null;
        },
      })),
    [header],
  );
  return (
    <DataTable name={`${props.name}: data`} bare rows={rows} columns={columns} maxHeight={props.height} />
  );
}

export function toastCopied(copied: boolean): void {
  if (copied) toast('Copied the picture.', { tone: 'good' });
  else toast('The browser did not allow copying.', { tone: 'bad' });
}

/** Plotly reads a little HTML in titles; names of labels and files are data. */
export function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function dataUrlBlob(url: string): Blob {
  const comma = url.indexOf(',');
  const head = url.slice(5, comma);
  const body = url.slice(comma + 1);
  const type = head.split(';')[0] ?? '';
  if (!head.endsWith(';base64')) return new Blob([decodeURIComponent(body)], { type });
  return new Blob([Uint8Array.from(atob(body), (character) => character.charCodeAt(0))], { type });
}
