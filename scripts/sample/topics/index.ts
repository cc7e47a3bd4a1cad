import type { Area } from '../grammar.ts';
import { arts } from './arts.ts';
import { crafts } from './crafts.ts';
import { education } from './education.ts';
import { family } from './family.ts';
import { finance } from './finance.ts';
import { food } from './food.ts';
import { health } from './health.ts';
import { home } from './home.ts';
import { pets } from './pets.ts';
import { relationships } from './relationships.ts';
import { sports } from './sports.ts';
import { style } from './style.ts';
import { tech } from './tech.ts';
import { travel } from './travel.ts';
import { vehicles } from './vehicles.ts';

/** Every area of the sample; their order is part of the seed. */
export const areas: readonly Area[] = [
  food,
  home,
  tech,
  health,
  style,
  crafts,
  arts,
  pets,
  sports,
  finance,
  education,
  relationships,
  travel,
  vehicles,
  family,
];
