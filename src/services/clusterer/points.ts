import { serialQueue } from '../../base/serialQueue.ts';
import { throwIfAborted } from '../../base/progress.ts';
import type { Points } from '../../core/clustering/points.ts';
import type { ClustererService } from './contract.ts';

/** Works with points that a clusterer keeps: nobody else's take their place before the work has ended. */
export type WithPoints<Service> = <T>(
  points: Points,
  signal: AbortSignal,
  work: (service: Service) => Promise<T>,
) => Promise<T>;

/** Turns at a clusterer that several callers share: its points are sent once and stay for all the calls that follow. */
export function pointTurns<Service extends Pick<ClustererService, 'setPoints'>>(
  service: () => Service,
): WithPoints<Service> {
  const inOrder = serialQueue();
  return (points, signal, work) =>
    inOrder(async () => {
      throwIfAborted(signal);
      await service().setPoints(points);
      return work(service());
    });
}
