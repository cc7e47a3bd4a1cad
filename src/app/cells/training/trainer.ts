import { connectTrainer } from '../../../services/trainer/client.ts';
import { once } from '../../services.ts';
import { createTrainingSession } from './session.ts';

/** One trainer worker a tab. */
export const trainerService = once(connectTrainer);

/** What the training and evaluation cells know of it. */
export const trainingSession = once(() => createTrainingSession(trainerService()));
