import * as z from 'zod/mini';

// What schemas of settings are made of.

export const name = z.string().check(z.minLength(1), z.maxLength(500));
export const whole = z.int().check(z.gte(0));
export const seed = z.int().check(z.gte(0), z.lte(0xffff_ffff));
export const below1 = z.number().check(z.gte(0), z.lt(1));
