import {
  ClipboardCopy,
  FileDown,
  FileImage,
  FileType2,
  Hand,
  LassoSelect,
  Maximize,
  Table2,
  ZoomIn,
  ZoomOut,
} from 'lucide-react';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { toCsv } from '../../../base/csv.ts';
import { copyImage, fileStem, saveFile } from '../../files.ts';
import { toastError } from '../../toasts.ts';
import { IconButton } from '../Button.tsx';
import { Output } from '../Output.tsx';
import { PlotAsTable, toastCopied, type PlotTable } from '../Plot.tsx';
import type { PlotColors } from '../plotTheme.ts';
import { followPointer, type Choice, type MapMode } from './gestures.ts';
import { mapPng, mapSvg, type LegendEntry } from './picture.ts';
import { pointGrid } from './pointGrid.ts';
import type { Scene } from './scene.ts';
import { createSurface, type Surface } from './surface.ts';
import { fit, type Place } from './view.ts';
import './scatter.css';

export interface ScatterMapProps {
  readonly name: string;
  /** One sentence with the finding; the map's description for screen readers. */
  readonly summary: string;
  /** The same for a picture, which nobody can press. */
  readonly caption: string;
  /** Keep it stable while nothing changes. */
  readonly scene: Scene;
  readonly colors: PlotColors;
  readonly legend: readonly LegendEntry[];
  /** What the legend leaves out, in words. */
  readonly legendRest: string | null;
  /** In place of the legend: the scale of a score, and what a picture shows for it. */
  readonly scale?: { readonly shown: ReactNode; readonly ends: readonly LegendEntry[] } | null;
  /** What hovering over a point shows. */
  readonly describe: (point: number) => { readonly text: string; readonly group: string };
  readonly onPress: (point: number) => void;
  /** Points inside a lasso, and what becomes of those chosen before; null: none. */
  readonly onChoose: (points: readonly number[] | null, choice: Choice) => void;
  readonly onLegend: (entry: number) => void;
  /** Points with a ring. */
  readonly marked: readonly number[];
  readonly tools?: ReactNode;
  readonly table: () => PlotTable;
  readonly height?: number;
}

/** A map of up to some 100,000 points: zoom, lasso, names, hover; PNG, SVG and CSV behind its menu. */
export function ScatterMap(props: ScatterMapProps) {
  const { name, summary, scene, colors, legend, legendRest, scale, tools, table, height = 520 } = props;
  const [asTable, setAsTable] = useState(false);
  const [surface, setSurface] = useState<Surface | null>(null);
  const picture = async (format: 'png' | 'svg'): Promise<Blob> => {
    const shown = surface ?? unseen(scene, height);
    const options = {
      title: name,
      summary: props.caption,
      scene,
      view: shown.view(),
      zoom: shown.zoom(),
      size: shown.size(),
      legend: scale ? scale.ends : legend,
      legendRest,
      colors,
    };
    return format === 'png' ? mapPng(options) : mapSvg(options);
  };
  const save = (format: 'png' | 'svg') =>
    void picture(format).then((blob) => saveFile(blob, `${fileStem(name)}.${format}`), toastError);
  const actions = [
    { id: 'png', label: 'Save as PNG (2×)', icon: FileImage, run: () => save('png') },
    { id: 'svg', label: 'Save as SVG', icon: FileType2, run: () => save('svg') },
    {
      id: 'csv',
      label: 'Save data as CSV',
      icon: FileDown,
      run: () => saveFile(toCsv(table().header, table().rows), `${fileStem(name)}.csv`, 'text/csv'),
    },
    {
      id: 'copy',
      label: 'Copy picture',
      icon: ClipboardCopy,
      run: () => void picture('png').then(copyImage).then(toastCopied, toastError),
    },
    {
      id: 'table',
      label: asTable ? 'Show as map' : 'Show as table',
      icon: Table2,
      run: () => setAsTable(!asTable),
    },
  ];
  return (
    <Output name={name} summary={summary} actions={actions} tools={tools} exports={{ picture, table }} isWide>
      {asTable ? (
        <PlotAsTable name={name} table={table()} height={height} />
      ) : (
        <>
          <Plane {...props} height={height} surface={surface} onSurface={setSurface} />
          {scale?.shown}
          {legend.length > 0 && (
            <ul className="map-legend" aria-label="Largest groups">
              {legend.map(({ text, color, count }, i) => (
                <li key={text}>
                  <button type="button" onClick={() => props.onLegend(i)} title={`Select ${text}`}>
                    <span className="map-dot" style={{ background: color }} />
                    <span className="map-legend-name">{text}</span>
                    <span className="num quiet">{count}</span>
                  </button>
                </li>
              ))}
              {legendRest && <li className="quiet">{legendRest}</li>}
            </ul>
          )}
        </>
      )}
    </Output>
  );
}

/** A map that stands as a table at the moment is drawn as it would be. */
function unseen(scene: Scene, height: number): Pick<Surface, 'view' | 'zoom' | 'size'> {
  const size = { width: 960, height };
  return { view: () => fit(scene.xy, size), zoom: () => 1, size: () => size };
}

interface PlaneProps extends ScatterMapProps {
  readonly height: number;
  readonly surface: Surface | null;
  readonly onSurface: (surface: Surface | null) => void;
}

interface Hovered extends Place {
  readonly point: number;
}

/** The canvases and what the pointer and the keys do on them. */
function Plane(props: PlaneProps) {
  const { name, summary, scene, colors, describe, marked, height, surface, onSurface } = props;
  const [mode, setMode] = useState<MapMode>('select');
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const [hasWebgl, setHasWebgl] = useState(true);
  const plane = useRef<HTMLDivElement>(null);
  const points = useRef<HTMLCanvasElement>(null);
  const above = useRef<HTMLCanvasElement>(null);
  const grid = useMemo(() => pointGrid(scene.xy), [scene.xy]);
  const latest = useRef({ props, mode, grid });
  useEffect(() => {
    latest.current = { props, mode, grid };
  });

  useEffect(() => {
    const element = plane.current;
    if (!element || !points.current || !above.current) return;
    const made = createSurface(points.current, above.current, hasWebgl, () => setHasWebgl(false));
    if (!made) return;
    onSurface(made);
    const observer = new ResizeObserver(() => {
      // A hidden element has no size; the map keeps its own.
      if (element.clientWidth > 0) made.resize({ width: element.clientWidth, height: element.clientHeight });
    });
    made.resize({ width: element.clientWidth, height: element.clientHeight });
    observer.observe(element);
    const unfollow = followPointer(element, made, {
      mode: () => latest.current.mode,
      grid: () => latest.current.grid,
      onHover: (point, at) => setHovered(point === null ? null : { point, ...at }),
      onPress: (point) => latest.current.props.onPress(point),
      onLasso: (found, choice) =>
        latest.current.props.onChoose(found.length === 0 && choice === 'replace' ? null : found, choice),
    });
    return () => {
      unfollow();
      observer.disconnect();
      made.dispose();
      onSurface(null);
    };
  }, [hasWebgl, onSurface]);

  useEffect(() => surface?.setScene(scene, colors), [scene, colors, surface]);
  const over = hovered?.point ?? null;
  useEffect(() => surface?.setMarked(over === null ? marked : [...marked, over]), [marked, over, surface]);

  const keys: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => surface?.pan(48, 0),
    ArrowRight: () => surface?.pan(-48, 0),
    ArrowUp: () => surface?.pan(0, 48),
    ArrowDown: () => surface?.pan(0, -48),
    '+': () => surface?.zoomBy(1.4),
    '=': () => surface?.zoomBy(1.4),
    '-': () => surface?.zoomBy(1 / 1.4),
    '0': () => surface?.showAll(),
    Escape: () => props.onChoose(null, 'replace'),
    l: () => setMode('select'),
    m: () => setMode('move'),
  };
  const press = (event: KeyboardEvent) => {
    const run = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!run) return;
    event.preventDefault();
    event.stopPropagation();
    run();
  };
  return (
    <div className="map" style={{ height }}>
      <div
        ref={plane}
        className="map-plane"
        role="application"
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a map is moved by keys
        tabIndex={0}
        data-mode={mode}
        aria-label={`${name}. ${summary} Arrow keys move, plus and minus zoom, 0 shows all, Escape clears the selection.`}
        onKeyDown={press}
      >
        <canvas ref={points} key={hasWebgl ? 'webgl' : 'canvas'} aria-hidden />
        <canvas ref={above} aria-hidden />
      </div>
      <div className="map-buttons" role="group" aria-label="Map">
        <IconButton
          icon={LassoSelect}
          label="Drag selects (Shift adds, Alt takes away)"
          shortcut="L"
          isPressed={mode === 'select'}
          onPress={() => setMode('select')}
        />
        <IconButton
          icon={Hand}
          label="Drag moves the map"
          shortcut="M"
          isPressed={mode === 'move'}
          onPress={() => setMode('move')}
        />
        <IconButton
          icon={ZoomIn}
          label="Zoom in (the wheel zooms once the map is clicked)"
          shortcut="+"
          onPress={() => surface?.zoomBy(1.6)}
        />
        <IconButton icon={ZoomOut} label="Zoom out" shortcut="-" onPress={() => surface?.zoomBy(1 / 1.6)} />
        <IconButton icon={Maximize} label="Show all" shortcut="0" onPress={() => surface?.showAll()} />
      </div>
      {hovered && hovered.point < scene.colors.length && (
        <Tooltip at={hovered} size={surface?.size() ?? null} {...describe(hovered.point)} />
      )}
    </div>
  );
}

function Tooltip(props: {
  readonly at: Place;
  readonly size: { readonly width: number; readonly height: number } | null;
  readonly text: string;
  readonly group: string;
}) {
  const { at, size, text, group } = props;
  const short = text.length > 240 ? `${text.slice(0, 240)}…` : text;
  const isRight = size !== null && at.x > size.width / 2;
  const isLow = size !== null && at.y > size.height / 2;
  return (
    <div
      className="map-tip"
      style={{
        ...(isRight ? { right: (size?.width ?? 0) - at.x + 14 } : { left: at.x + 14 }),
        ...(isLow ? { bottom: (size?.height ?? 0) - at.y + 14 } : { top: at.y + 14 }),
      }}
    >
      <p>{short}</p>
      {group && <p className="quiet">{group}</p>}
    </div>
  );
}
