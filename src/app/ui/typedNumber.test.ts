import { expect, test } from 'vitest';
import { typedNumber } from './typedNumber.ts';

const whole = { min: 1, max: 5000, step: 1 };
const share = { min: 0.01, max: 0.99, step: 0.01 };

test('numbers are read as people write them', () => {
  expect(typedNumber('500', whole)).toBe(500);
  expect(typedNumber(' 1,234 ', whole)).toBe(1234);
  expect(typedNumber('1 234', whole)).toBe(1234);
  expect(typedNumber('0.35', share)).toBe(0.35);
  expect(typedNumber('0,35', share)).toBe(0.35);
  expect(typedNumber('.5', share)).toBe(0.5);
});

test('a number is put on its step and inside its bounds', () => {
  expect(typedNumber('0.237', share)).toBe(0.24);
  expect(typedNumber('12.6', whole)).toBe(13);
  expect(typedNumber('0', whole)).toBe(1);
  expect(typedNumber('9e9', whole)).toBe(5000);
  expect(typedNumber('-3', whole)).toBe(1);
});

test('what is no number changes nothing', () => {
  for (const text of ['', ' ', 'many', '1.2.3', '--1', 'NaN', 'Infinity'])
    expect(typedNumber(text, whole)).toBeNull();
});

test('a share is read in hundredths, with its sign or without', () => {
  for (const text of ['35 %', '35%', '35', '35,0 %', '35\u00a0%'])
    expect(typedNumber(text, { ...share, isShare: true })).toBe(0.35);
  expect(typedNumber('0.5', { ...share, isShare: true })).toBe(0.01);
  expect(typedNumber('%', { ...share, isShare: true })).toBeNull();
  expect(typedNumber('35 %', share)).toBeNull();
});
