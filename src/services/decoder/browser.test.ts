import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { storiesFiles, storiesText } from '../../models/llama/testing.ts';
import { isBrowserPresent, startBrowser, type TestBrowser } from '../storage/browserTest/harness.ts';

// The real worker in a real Chromium, over Comlink, with dropped files; skipped without a browser or ../shared/data/stories260K.
let browser: TestBrowser;
let page: Page;

describe.skipIf(!isBrowserPresent || !storiesFiles)(
  'the decoder service in Chromium',
  { timeout: 180_000 },
  () => {
    beforeAll(async () => {
      browser = await startBrowser('src/services/decoder/browserTest/index.html', 'decoderBench');
      page = await browser.freshPage();
    }, 120_000);
    afterAll(() => browser.close());

    it('opens a dropped checkpoint, streams, stops in the middle, tunes and hands its adapter over', async () => {
      const dropped = await Promise.all(
        (storiesFiles ?? []).map(async (file) => ({
          name: file.name,
          base64: Buffer.from(await file.arrayBuffer()).toString('base64'),
        })),
      );
      const result = await page.evaluate(async (given) => {
        const { connect, defaultGeneration, defaultTuning } = window.decoderBench;
        const files = given.map(
          ({ name, base64 }) => new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name),
        );
        const service = connect();
        const nobody = new AbortController().signal;
        const quiet = () => undefined;
        const refused = await service
          .generate('x', { ...defaultGeneration }, quiet, nobody)
          .catch((error: { code?: string }) => error.code);
        const info = await service.open(
          { kind: 'files', name: 'dropped', files },
          { lowering: 'onnx', contextTokens: 256, sequences: 2 },
          quiet,
          nobody,
        );
        const greedy = { ...defaultGeneration, temperature: 0, maxTokens: 200 };
        let streamed = '';
        const whole = await service.generate('', greedy, ({ text }) => (streamed += text), nobody);
        const control = new AbortController();
        const stopped = await service.generate(
          '',
          greedy,
          ({ tokens }) => tokens >= 5 && control.abort(),
          control.signal,
        );
        const losses: number[] = [];
        const tuned = await service.tune(
          [{ prompt: 'Tom saw', reply: ' a robot. Beep!' }],
          { ...defaultTuning, epochs: 6, learningRate: 1e-2 },
          ({ loss }) => losses.push(loss),
          nobody,
        );
        const adapter = await service.exportAdapter();
        const reopened = await service.importAdapter(adapter);
        await service.close();
        service.terminate();
        return {
          refused,
          info,
          streamed,
          text: whole.replies[0]?.text,
          speed: whole.tokensPerSecond,
          stopped: stopped.replies[0],
          losses,
          aborted: tuned.aborted,
          adapterBytes: adapter.weights.byteLength,
          adapterName: reopened.adapter,
        };
      }, dropped);
      expect(result.refused).toBe('decoder-not-open');
      expect(result.info).toMatchObject({ name: 'dropped', parameters: 260_032, lowering: 'onnx' });
      expect(result.text?.trimEnd()).toBe(storiesText);
      expect(result.streamed).toBe(result.text);
      expect(result.speed).toBeGreaterThan(1);
      expect(result.stopped?.finish).toBe('aborted');
      expect(result.stopped?.tokens).toBeLessThan(150);
      expect(result.losses).toHaveLength(6);
      expect(result.losses.at(-1)).toBeLessThan(0.8 * (result.losses[0] ?? 0));
      expect(result.aborted).toBe(false);
      expect(result.adapterBytes).toBeGreaterThan(4 * 6400);
      expect(result.adapterName).toMatch(/tuned/);
    });
  },
);
