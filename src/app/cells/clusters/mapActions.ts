import { progressEta, type Progress } from '../../../base/progress.ts';
import type { Points } from '../../../core/clustering/points.ts';
import { umapDefaults } from '../../../core/embedding/umap.ts';
import { connectClusterer } from '../../../services/clusterer/client.ts';
import { once } from '../../services.ts';
import { toastError } from '../../toasts.ts';
import { currentEmbedding } from '../embedding/store.ts';
import { clustersStore, rowsOf, type Shown } from './store.ts';

/** Its own worker: a map in the making must not hold up clusters. */
const mapper = once(connectClusterer);
let held: Shown | null = null;

/** Sends points to the mapper unless it has them: of a large map they are hundreds of megabytes. */
async function mapperHolds(shown: Shown, points: Points): Promise<void> {
  if (held === shown) return;
  await mapper().setPoints(points);
  held = shown;
}

/** Lays the map out by UMAP; PCA stays until it stands. */
export async function layOutByUmap(): Promise<void> {
  const [{ shown, umap }, embedding] = [clustersStore.getState(), currentEmbedding()];
  if (!shown || umap || embedding?.key !== shown.key) return;
  const controller = new AbortController();
  const eta = progressEta();
  const running = (progress: Progress | null) => {
    const etaMs = progress && eta(progress, Date.now());
    return { progress, etaMs, stop: () => controller.abort() };
  };
  clustersStore.setState({ umap: running(null) });
  try {
    await mapperHolds(shown, rowsOf(embedding.points, shown.rows));
    const report = (progress: Progress) => {
      // A last report may come after the answer.
      const { umap: current } = clustersStore.getState();
      if (current && !controller.signal.aborted) clustersStore.setState({ umap: running(progress) });
    };
    const xy = await mapper().umap(umapDefaults, report, controller.signal);
    const isShown = () => clustersStore.getState().shown === shown;
    if (!isShown()) return;
    clustersStore.setState({ layout: { kind: 'UMAP', xy } });
    const trustworthiness = await mapper().trustworthiness(xy, report, controller.signal);
    if (isShown() && trustworthiness !== null)
      clustersStore.setState({ layout: { kind: 'UMAP', xy, trustworthiness } });
  } catch (error) {
    if (!controller.signal.aborted) toastError(error);
  } finally {
    clustersStore.setState({ umap: null });
  }
}

/** The rows nearest to one, with cosines, nearest first. */
export async function neighboursOf(
  at: number,
  k = 8,
): Promise<{ readonly at: number; readonly score: number }[]> {
  const [{ shown }, embedding] = [clustersStore.getState(), currentEmbedding()];
  if (!shown || embedding?.key !== shown.key) return [];
  const points = rowsOf(embedding.points, shown.rows);
  await mapperHolds(shown, points);
  const wanted = Math.min(k + 1, shown.rows.length);
  const found = await mapper().neighbours(
    rowsOf(points, Uint32Array.of(at)),
    { k: wanted },
    () => undefined,
    new AbortController().signal,
  );
  return Array.from(found.rows, (row, i) => ({ at: row, score: found.scores[i] as number }))
    .filter((one) => one.at !== at)
    .slice(0, k);
}
