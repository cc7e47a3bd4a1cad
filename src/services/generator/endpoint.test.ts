import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { EndpointOptions, GenerateRequest } from './contract.ts';
import { endpointBase, endpointModels, generateByEndpoint } from './endpoint.ts';
import { eventData } from './sse.ts';

// Against real servers on this machine: they stream, stall, lie, break off and answer in other tongues.

type Body = Readonly<Record<string, unknown>>;
type Answer = (body: Body, response: ServerResponse, request: IncomingMessage) => void;

let server: Server | null = null;

async function serve(answer: Answer): Promise<string> {
  server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => answer((text === '' ? {} : JSON.parse(text)) as Body, response, request));
  });
  await new Promise<void>((done) => server?.listen(0, '127.0.0.1', done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}

afterEach(async () => {
  server?.closeAllConnections();
  await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  server = null;
});

/** A port that was free a moment ago. */
async function deadUrl(): Promise<string> {
  const url = await serve(() => undefined);
  await new Promise<void>((done) => (server ? server.close(() => done()) : done()));
  server = null;
  return url;
}

const request: GenerateRequest = {
  prompt: { system: 'Rules.', user: 'Instruction: x', start: '{"a": "', examplesUsed: 0, tokens: 9 },
  keys: ['a', 'b'],
  maxTextChars: 200,
  maxTokens: 64,
  temperature: 0.7,
  topP: 1,
  minP: 0,
  seed: 5,
};

const options = (url: string, more: Partial<EndpointOptions> = {}): EndpointOptions => ({
  url,
  model: 'tiny',
  apiKey: '',
  parallel: 1,
  firstTimeoutMs: 2000,
  stallTimeoutMs: 2000,
  ...more,
});

const delta = (content: string, finish: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: finish }] })}\n\n`;
const usage = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 21, completion_tokens: 7 } })}\n\n`;
const stream = (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });

async function ask(
  url: string,
  more: Partial<EndpointOptions> = {},
  signal = new AbortController().signal,
  wanted = request,
) {
  const pieces: string[] = [];
  const made = await generateByEndpoint(options(url, more), wanted, (piece) => pieces.push(piece), signal);
  return { made, pieces };
}

const failure = (url: string, more: Partial<EndpointOptions> = {}) =>
  ask(url, more).then(
    () => {
      throw new Error('It should have failed.');
    },
    (error: { code: string; message: string; remedy: string; details: Record<string, unknown> }) => error,
  );

describe('addresses', () => {
  it.each([
    ['localhost:11434', 'http://localhost:11434/v1'],
    ['http://localhost:8080/', 'http://localhost:8080/v1'],
    ['http://localhost:8080/v1/chat/completions', 'http://localhost:8080/v1'],
    [' https://models.example.org/api/v3/ ', 'https://models.example.org/api/v3'],
    ['http://127.0.0.1:1/v1/models?x=1#y', 'http://127.0.0.1:1/v1'],
  ])('%s is %s', (written, base) => expect(endpointBase(written).href).toBe(base));

  it.each(['', 'file:///etc/passwd', 'javascript:alert(1)', 'http://user:pass@host', 'http://'])(
    '“%s” is none',
    (written) => expect(() => endpointBase(written)).toThrow(/no address/u),
  );
});

describe('an endpoint', () => {
  it('streams a reply, held to a schema, with its tokens counted', async () => {
    let asked: Body = {};
    let headers: IncomingMessage['headers'] = {};
    const url = await serve((body, response, incoming) => {
      asked = body;
      ({ headers } = incoming);
      stream(response);
      for (const piece of ['{"a": "x', '", "b": "', 'ü😀"}']) response.write(delta(piece));
      response.end(`${delta('', 'stop')}${usage}data: [DONE]\n\n`);
    });
    const { made, pieces } = await ask(url, { apiKey: 'secret' });
    expect(made).toMatchObject({
      reply: { text: '{"a": "x", "b": "ü😀"}', finish: 'end' },
      promptTokens: 21,
      newTokens: 7,
      areTokensCounted: true,
      note: null,
    });
    expect(pieces.join('')).toBe(made.reply.text);
    expect(asked).toMatchObject({
      model: 'tiny',
      stream: true,
      max_tokens: 64,
      seed: 5,
      messages: [
        { role: 'system', content: 'Rules.' },
        { role: 'user', content: 'Instruction: x' },
      ],
      response_format: {
        type: 'json_schema',
        json_schema: { schema: { required: ['a', 'b'], additionalProperties: false } },
      },
    });
    expect(headers.authorization).toBe('Bearer secret');
    expect([headers.cookie, headers.referer]).toEqual([undefined, undefined]);
  });

  it('is asked in plainer ways until it takes one, which is remembered and said', async () => {
    const seen: string[] = [];
    const url = await serve((body, response) => {
      const format = (body['response_format'] as { type?: string } | undefined)?.type ?? 'none';
      seen.push(format);
      if (format !== 'none')
        return response
          .writeHead(400, { 'content-type': 'application/json' })
          .end(JSON.stringify({ error: { message: `response_format ${format} is not supported` } }));
      stream(response);
      response.end(`${delta('{"a":"1","b":"2"}', 'stop')}data: [DONE]\n\n`);
    });
    const first = await ask(url);
    expect(seen).toEqual(['json_schema', 'json_object', 'none']);
    expect(first.made.note).toMatch(/no JSON format/u);
    expect(first.made.areTokensCounted).toBe(false);
    expect(first.made.newTokens).toBeGreaterThan(0);
    await ask(url);
    expect(seen.slice(3)).toEqual(['none']);
  });

  it('may answer in one piece', async () => {
    const url = await serve((_, response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(
        JSON.stringify({
          choices: [{ message: { content: '{"a":"1"}' }, finish_reason: 'length' }],
          usage: { prompt_tokens: 3, completion_tokens: 4 },
        }),
      ),
    );
    const { made } = await ask(url);
    expect(made.reply).toEqual({ text: '{"a":"1"}', finish: 'length' });
  });

  it('stopped in the middle of a token loses nothing of what came', async () => {
    const controller = new AbortController();
    let isClosed: (value: unknown) => void = () => undefined;
    const closed = new Promise((done) => (isClosed = done));
    const url = await serve((_, response) => {
      stream(response);
      response.write(delta('{"a": "half a w'));
      response.on('close', isClosed);
      setTimeout(() => controller.abort(), 50);
    });
    const { made } = await ask(url, {}, controller.signal);
    expect(made.reply).toEqual({ text: '{"a": "half a w', finish: 'stopped' });
    await closed;
  });

  it('stopped before it answered is stopped, not failed', async () => {
    const controller = new AbortController();
    const url = await serve(() => setTimeout(() => controller.abort(), 30));
    expect((await ask(url, {}, controller.signal)).made.reply).toEqual({ text: '', finish: 'stopped' });
  });
});

describe('an endpoint that fails says how, what to do, and keeps what came', () => {
  it('not running', async () => {
    const error = await failure(await deadUrl());
    expect(error.code).toBe('endpoint-unreachable');
    expect(error.message).toMatch(/does not answer this page/u);
    expect(error.remedy).toMatch(/OLLAMA_ORIGINS/u);
  });

  it('slow to begin', async () => {
    const error = await failure(await serve(() => undefined), { firstTimeoutMs: 150 });
    expect(error.code).toBe('endpoint-timeout');
    expect(error.details['partial']).toBe('');
  });

  it('stalled in the middle', async () => {
    const url = await serve((_, response) => {
      stream(response);
      response.write(delta('{"a": "so far'));
    });
    const error = await failure(url, { stallTimeoutMs: 150 });
    expect(error.code).toBe('endpoint-timeout');
    expect(error.details['partial']).toBe('{"a": "so far');
  });

  it('connection lost in the middle, and closed without a farewell', async () => {
    const lost = await serve((_, response) => {
      stream(response);
      response.write(delta('{"a": "so far'), () => setTimeout(() => response.destroy(), 30));
    });
    expect(await failure(lost)).toMatchObject({
      code: 'endpoint-failed',
      details: { partial: '{"a": "so far' },
    });
    server?.closeAllConnections();
    server?.close();
    const closed = await serve((_, response) => {
      stream(response);
      response.end(delta('{"a": "so'));
    });
    expect(await failure(closed)).toMatchObject({
      code: 'endpoint-failed',
      details: { partial: '{"a": "so' },
    });
  });

  it('an error in the middle of its stream', async () => {
    const url = await serve((_, response) => {
      stream(response);
      response.end(
        `${delta('{"a"')}data: ${JSON.stringify({ error: { message: 'CUDA out of memory' } })}\n\n`,
      );
    });
    const error = await failure(url);
    expect(error).toMatchObject({ code: 'endpoint-failed', details: { partial: '{"a"' } });
    expect(error.message).toContain('CUDA out of memory');
  });

  it.each([
    [401, 'endpoint-unauthorised'],
    [403, 'endpoint-unauthorised'],
    [404, 'endpoint-not-found'],
    [413, 'endpoint-rejected'],
    [429, 'endpoint-busy'],
    [500, 'endpoint-failed'],
    [503, 'endpoint-busy'],
  ])('status %i', async (status, code) => {
    const url = await serve((_, response) => response.writeHead(status).end('{"error":"the reason"}'));
    const error = await failure(url);
    expect(error.code).toBe(code);
    expect(error.message).toContain('the reason');
    expect(error.remedy.length).toBeGreaterThan(20);
  });

  it.each([
    ['a web page', 'text/html', '<h1>Welcome</h1>'],
    ['JSON of another kind', 'application/json', '{"hello":"world"}'],
    ['events of another kind', 'text/event-stream', 'data: hello\n\ndata: {"x":1}\n\n'],
    ['nothing', 'text/event-stream', ''],
  ])('%s', async (_, type, body) => {
    const url = await serve((__, response) => response.writeHead(200, { 'content-type': type }).end(body));
    expect((await failure(url)).code).toBe('endpoint-not-understood');
  });

  it('a redirect to somewhere else is not followed', async () => {
    const url = await serve((_, response) =>
      response.writeHead(307, { location: 'http://127.0.0.1:9/elsewhere' }).end(),
    );
    expect((await failure(url)).code).toBe('endpoint-unreachable');
  });
});

describe('its models', () => {
  it('are listed', async () => {
    const url = await serve((_, response, incoming) =>
      response.writeHead(200).end(incoming.url === '/v1/models' ? '{"data":[{"id":"a"},{"id":"b"},{}]}' : ''),
    );
    expect(await endpointModels(options(url), new AbortController().signal)).toEqual(['a', 'b']);
  });

  it('of something else are not understood', async () => {
    const url = await serve((_, response) => response.writeHead(200).end('{"models":[]}'));
    await expect(endpointModels(options(url), new AbortController().signal)).rejects.toMatchObject({
      code: 'endpoint-not-understood',
    });
  });
});

describe('events', () => {
  it('are joined however the bytes are cut', async () => {
    const text =
      'data: {"a":\r\ndata: "ü"}\r\n\r\n: comment\nevent: x\ndata:second\n\rdata: third\r\rdata: last';
    const bytes = new TextEncoder().encode(text);
    for (const size of [1, 2, 3, 7, 1000]) {
      const chunks: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.slice(at, at + size));
      const found: string[] = [];
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          const next = chunks.shift();
          if (next) controller.enqueue(next);
          else controller.close();
        },
      });
      for await (const data of eventData(body)) found.push(data);
      expect(found).toEqual(['{"a":\n"ü"}', 'second', 'third', 'last']);
    }
  });
});
