import { describe, expect, it } from 'vitest';
import { defineModel } from './create.ts';
import { publishedTensors } from './classifier.ts';
import { modelPresets, presetOf, weightSize } from './presets.ts';
import { sizeOf } from './weights.ts';

describe('presets', () => {
  it.each(modelPresets)('$title has as many parameters as it says', ({ config, parameters }) => {
    const definition = defineModel(config);
    const { parameters: tensors } = definition.graph({ labelCount: 2, training: false, dropout: null });
    const encoder = publishedTensors(definition, tensors).filter(
      ({ name }) => !definition.headPrefixes.some((prefix) => name.startsWith(prefix)),
    );
    expect(encoder.reduce((sum, { shape }) => sum + sizeOf(shape), 0)).toBe(parameters);
    expect(definition.maxPositions).toBe(config['model_type'] === 'xlnet' ? null : 512);
  });

  it('are found by either of their names, and say their size', () => {
    expect(presetOf('bert-base-uncased')).toBe(presetOf('google-bert/bert-base-uncased'));
    expect(presetOf('someone/else')).toBeNull();
    expect(modelPresets.map(weightSize)).toEqual(
      [467, 436, 496, 436, 265].map((size) => `about ${size} MB of f32 weights`),
    );
  });
});
