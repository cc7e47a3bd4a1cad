import type { NotebookDocument } from '../document.ts';
import type { Offer, PartKind } from './member.ts';

const snippets: Readonly<Partial<Record<PartKind, string>>> = {
  set: `## sets/
One folder a generated set. \`objects.jsonl\` holds the objects in use, one text of every class a line; \`replies.jsonl\` the replies as they came.

\`\`\`python
import json, glob
for path in glob.glob('sets/*/objects.jsonl'):
    objects = [json.loads(line) for line in open(path, encoding='utf-8')]
\`\`\``,
  pairs: `## tuning-pairs.jsonl
Pairs that tune a generator, one a line: a description and its dictionaries (\`samples\`).`,
  classifier: `## classifiers/
\`classifier.json\` holds the card, classes and terms, \`model.safetensors\` the numbers: \`idf\` [terms], \`weights\` [classes, terms], \`intercepts\` [classes].
A text's margins are \`weights @ x + intercepts\`, with x its L2-normalised TF-IDF vector over \`terms\` (words of two letters or more, lower case):

\`\`\`python
import json, re, numpy as np
from safetensors.numpy import load_file
folder = 'classifiers/NAME/'
model, t = json.load(open(folder + 'classifier.json', encoding='utf-8'))['model'], load_file(folder + 'model.safetensors')
column = {term: i for i, term in enumerate(model['terms'])}

def margins(text):
    words = re.findall(r'\\w\\w+', text.lower())
    pairs = [' '.join(p) for p in zip(words, words[1:])] if model['spec']['ngramMax'] == 2 else []
    x = np.zeros(len(column))
    for term in words + pairs:
        if term in column: x[column[term]] += 1
    if model['spec']['sublinearTf']: x[x > 0] = 1 + np.log(x[x > 0])
    x *= t['idf']
    return t['weights'] @ (x / max(np.linalg.norm(x), 1e-12)) + t['intercepts']
\`\`\``,
  scores: `## scores/
Mining scores: \`log_odds\` [classes, texts] of a classifier over the texts of the data, in their order; a probability is \`1 / (1 + exp(-x))\`.`,
  adapter: `## adapters/
LoRA adapters of a decoder, as PEFT reads them: \`PeftModel.from_pretrained(model, 'adapters/NAME')\`. \`adapter.json\` names the base model.`,
  run: `## runs/
One folder a training run: \`run.json\` (settings), \`history.safetensors\` (curves; evaluations in its metadata), \`logits-*.safetensors\` (outputs, targets, row ids).`,
  'run-weights': `\`best-*.safetensors\` are a run's best weights under published names; \`model.json\` holds config and tokenizer.`,
  'run-resume': `\`checkpoint-*.safetensors\` and \`data.safetensors\` (the rows as token ids) are what a run needs to go on.`,
  reference: `## references/
Outputs of TF-IDF references: logits, targets and row ids as safetensors.`,
  encoder: `## encoders/
Tuned encoders as transformers reads them: \`AutoModel.from_pretrained('encoders/ID')\`. \`tuning.json\` says template and pooling.`,
  data: `## data/
The data as this browser kept it: \`file-0\`, \`file-1\`, ... as text, named in \`manifest.json\`.`,
};

/** What a person who unpacks the zip wants to know. */
export function readmeOf({ title }: NotebookDocument, offers: readonly Offer[]): string {
  const kinds = new Set(offers.map(({ kind }) => kind));
  const said = (Object.keys(snippets) as PartKind[]).flatMap((kind) =>
    kinds.has(kind) ? [snippets[kind] ?? ''] : [],
  );
  return `# ${title}

A Verbena notebook with what it has made. Drop the zip onto Verbena's page to open all of it as a new notebook; unpacked, its parts are plain
files. \`notebook.verbena.json\` is the notebook itself (settings, results, corrections), \`manifest.json\` lists every member with its SHA-256.

${said.join('\n\n')}
`;
}
