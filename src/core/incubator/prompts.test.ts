import { describe, expect, it } from 'vitest';
import { chooseExamples } from './examples.ts';
import { taskLibrary } from './library/index.ts';
import { parseLabels } from './labels.ts';
import { asCompletion, buildPrompt, ownPrompt, promptPresets, variation } from './prompts.ts';

const [incubator, rules] = promptPresets;
const input = {
  preset: rules,
  instruction: "Build a classifier that can categorize text messages by 'about food' and 'about movie'.",
  labels: ['about food', 'about movie'],
  examples: chooseExamples("messages by 'about food' and 'about movie'", 4).map(({ example }) => example),
  contextTokens: 2048,
  replyTokens: 256,
  draw: 0,
  seed: 1,
};

describe('the library', () => {
  it('has forty tasks of different words, each with two dictionaries of every class', () => {
    expect(taskLibrary).toHaveLength(40);
    expect(new Set(taskLibrary.map(({ description }) => description)).size).toBe(40);
    for (const { description, labels, samples } of taskLibrary) {
      expect(labels.length, description).toBeGreaterThan(1);
      expect(samples, description).toHaveLength(2);
      for (const texts of samples) {
        expect(texts, description).toHaveLength(labels.length);
        expect(new Set(texts).size, description).toBe(labels.length);
        expect(
          texts.every((text) => text.trim() === text && text !== ''),
          description,
        ).toBe(true);
      }
    }
    expect(new Set(taskLibrary.flatMap(({ samples }) => samples.flat())).size).toBe(
      taskLibrary.reduce((sum, { labels }) => sum + 2 * labels.length, 0),
    );
  });

  it('names its classes so that they are read out of its descriptions', () => {
    for (const { description, labels } of taskLibrary)
      expect(parseLabels(description).labels).toEqual(labels);
  });
});

describe('in-context examples', () => {
  it('are of the same subject', () => {
    const first = (instruction: string) => chooseExamples(instruction, 1)[0]?.example.description ?? '';
    expect(first("Sort film critiques by 'worth seeing' and 'dull'")).toMatch(/film reviews/u);
    expect(first('Tell a bank’s customers apart: card stolen, money transfer late')).toMatch(
      /bank customer/u,
    );
    expect(first("Classify the mood of posts as 'anger', 'joy', 'sadness'")).toMatch(/emotion/u);
    expect(first("Which craftsman: 'plumber' or 'electrician'")).toMatch(/trade/u);
  });

  it('never hand over the task itself', () => {
    const own = taskLibrary[20];
    const chosen = chooseExamples(own?.description ?? '', 8);
    expect(chosen).toHaveLength(8);
    expect(chosen.map(({ example }) => example)).not.toContain(own);
    expect(chooseExamples('anything', 0)).toEqual([]);
  });
});

describe('prompts', () => {
  it('hold instruction, classes and examples, the best one last', () => {
    const built = buildPrompt(input);
    expect(built.examplesUsed).toBe(4);
    expect(built.user).toContain(input.instruction);
    expect(built.user).toContain('"about food", "about movie"');
    expect(built.start).toBe('{"about food": "');
    const [best, second] = input.examples.map(({ description }) => built.user.lastIndexOf(description));
    expect(best).toBeGreaterThan(second ?? 0);
    expect(asCompletion(built).startsWith(built.system)).toBe(true);
    expect(buildPrompt({ ...input, preset: incubator }).user.endsWith('Object:')).toBe(true);
  });

  it('leave out examples from the end until the context holds them, then say so', () => {
    const whole = buildPrompt(input);
    const tight = buildPrompt({ ...input, contextTokens: whole.tokens + 255 });
    expect(tight.examplesUsed).toBe(3);
    expect(tight.user).toContain(input.examples[0]?.description);
    expect(tight.user).not.toContain(input.examples[3]?.description);
    expect(() => buildPrompt({ ...input, contextTokens: 300 })).toThrow(/the model reads 300/u);
    expect(() => buildPrompt({ ...input, instruction: '  ' })).toThrow(/no instruction/u);
  });

  it('put an instruction in as it is, whatever it holds', () => {
    const instruction = 'Sort $& by {classes} and {instruction} $1';
    expect(buildPrompt({ ...input, instruction }).user).toContain(instruction);
  });

  it('vary: 576 ways before one comes again', () => {
    const ways = Array.from({ length: 576 }, (_, draw) => variation(draw, 3));
    expect(new Set(ways).size).toBe(576);
    expect(variation(576, 3)).toBe(ways[0]);
    const varied = promptPresets[2];
    expect(buildPrompt({ ...input, preset: varied, draw: 1 }).user).not.toBe(
      buildPrompt({ ...input, preset: varied }).user,
    );
  });

  it('take a template of one’s own that has its slot', () => {
    expect(buildPrompt({ ...input, preset: ownPrompt('Q: {instruction} ({classes})') }).user).toMatch(
      /^Q: Build .*\("about food"/u,
    );
    expect(() => ownPrompt('no slot')).toThrow(/exactly once/u);
    expect(() => ownPrompt('{instruction}{instruction}')).toThrow(/exactly once/u);
  });
});
