import { pairsFromLibrary } from '/work/main/src/core/incubator/tuningSet/build.ts';
import { examplesOf, holdOutPairs, nestedSubset, pairPrompt, sweepSizes } from '/work/main/src/core/incubator/tuningSet/subsets.ts';
import { collect } from '/work/main/src/core/incubator/replies.ts';
import { openStories } from '/work/main/src/models/llama/testing.ts';
import { defaultTuning, defaultGeneration } from '/work/main/src/services/decoder/contract.ts';
import { DecoderHost } from '/work/main/src/services/decoder/service.ts';
const s = new DecoderHost({ open: () => openStories(), device: async () => ({ lowering: { kind: 'onnx' }, name: 't', dispose: () => undefined }) });
const never = new AbortController().signal, q = () => undefined;
await s.open({ kind: 'files', name: 's', files: [] }, { lowering: 'onnx', contextTokens: 512, sequences: 1 }, q, never);
const { training, heldOut } = holdOutPairs(pairsFromLibrary({ dictionaries: 4, maxTextChars: 300, seed: 13 }), 0.15, 13);
const rate = async () => { let n = 0; for (let i = 0; i < 12; i++) { const p = heldOut[i % heldOut.length]!; const r = await s.generate(pairPrompt(p), { ...defaultGeneration, temperature: 0.9, minP: 0.05, maxTokens: 256, seed: 13 + i }, q, never); const c = collect([{ text: r.replies[0]!.text, finish: 'end' }], { labels: p.labels }); if (c.kept.length) n++; if (i < 2) console.log(JSON.stringify(r.replies[0]!.text.slice(0, 160))); } return n; };
console.log('pairs', training.length, heldOut.length, 'before parse', await rate());
for (const size of sweepSizes(training.length, [1/8, 1/4, 1/2, 1])) {
  const t0 = Date.now();
  const t = await s.tune(examplesOf(nestedSubset(training, size, 13)), { ...defaultTuning, epochs: 20, learningRate: 5e-3, maxLength: 512, heldOut: examplesOf(heldOut), targets: ['q_proj','v_proj'] }, q, never);
  console.log(size, t.steps.length, t.lossBefore.toFixed(3), t.lossAfter.toFixed(3), t.heldOutLoss, 'parse', await rate(), '/12', ((Date.now() - t0) / 1000).toFixed(0) + 's');
}
process.exit(0);
