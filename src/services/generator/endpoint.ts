import { parseJson } from '../../base/json.ts';
import { isAbort } from '../../base/errors.ts';
import { estimateTokens } from '../../core/incubator/prompts.ts';
import { objectSchema } from '../../core/incubator/jsonConstraint.ts';
import { GeneratorError, type EndpointOptions, type Generated, type GenerateRequest } from './contract.ts';
import {
  blocked,
  failedMidway,
  fromStatus,
  invalidUrl,
  notUnderstood,
  refusesPage,
  timedOut,
  unreachable,
} from './endpointErrors.ts';
import { eventData } from './sse.ts';

// OpenAI's chat completions, as Ollama, llama.cpp, LM Studio, vLLM and the rest speak them. Streams where the server streams; holds the reply to
// a JSON schema where it takes one, to a JSON object where it does not, and to nothing where it takes neither.

/** The base of an address as people write it: with or without /v1, or the whole path. Throws `endpoint-url-invalid`. */
export function endpointBase(written: string): URL {
  let url: URL;
  try {
    url = new URL(
      /^[a-z][a-z0-9+.-]*:\/\//iu.test(written.trim()) ? written.trim() : `http://${written.trim()}`,
    );
  } catch {
    throw invalidUrl(written);
  }
  if (!/^https?:$/u.test(url.protocol) || url.hostname === '' || url.username !== '' || url.password !== '')
    throw invalidUrl(written);
  let path = url.pathname.replace(/\/+$/u, '').replace(/\/(?:chat\/)?completions$|\/models$/u, '');
  if (path === '') path = '/v1';
  url.pathname = path;
  url.search = '';
  url.hash = '';
  return url;
}

/** Ways of asking, from the strictest to the plainest; a server that rejects one is asked the next, and remembered. */
const manners = ['schema', 'object', 'free', 'bare'] as const;
type Manner = (typeof manners)[number];
const known = new Map<string, Manner>();

const notes: Readonly<Record<Manner, string | null>> = {
  schema: null,
  object: 'The server takes no JSON schema: keys are checked when replies are read.',
  free: 'The server takes no JSON format: replies are searched for objects.',
  bare: 'The server takes only the simplest requests: replies are searched for objects, and tokens are estimated.',
};

/** Models that the server offers. Throws `endpoint-*`. */
export async function endpointModels(
  options: EndpointOptions,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const base = endpointBase(options.url);
  const watch = deadline(signal, options.firstTimeoutMs);
  try {
    const response = await ask(base, 'models', { method: 'GET', headers: headersOf(options) }, watch.signal);
    const text = await response.text();
    if (!response.ok) throw fromStatus(base.origin, response.status, text, options.model);
    return modelNames(text) ?? raise(notUnderstood(base.origin, text));
  } catch (error) {
    if (watch.expired()) throw timedOut(base.origin, options.firstTimeoutMs, '');
    throw error;
  } finally {
    watch.end();
  }
}

function modelNames(text: string): readonly string[] | null {
  const { data } = (parseJson(text) ?? {}) as { readonly data?: unknown };
  if (!Array.isArray(data)) return null;
  return data.flatMap((one: unknown) => {
    const { id } = (one ?? {}) as { readonly id?: unknown };
    return typeof id === 'string' ? [id] : [];
  });
}

/** One reply. An abort ends it with what came; anything else that goes wrong is a `GeneratorError` with `details.partial`. */
export async function generateByEndpoint(
  options: EndpointOptions,
  request: GenerateRequest,
  onPiece: (text: string) => void,
  signal: AbortSignal,
): Promise<Generated> {
  const base = endpointBase(options.url);
  const key = `${base.href} ${options.model}`;
  const startedAt = performance.now();
  const first = request.keys === null ? 'free' : 'schema';
  let manner = known.get(`${key} ${first}`) ?? first;
  for (;;) {
    const next = manners[manners.indexOf(manner) + 1];
    try {
      const answer = await converse(base, options, bodyOf(options, request, manner), onPiece, signal);
      known.set(`${key} ${first}`, manner);
      const { prompt } = request;
      const isCounted = answer.promptTokens !== null && answer.newTokens !== null;
      return {
        reply: { text: answer.text, finish: answer.finish },
        promptTokens: answer.promptTokens ?? estimateTokens(`${prompt.system}\n${prompt.user}`),
        newTokens: answer.newTokens ?? estimateTokens(answer.text),
        areTokensCounted: isCounted,
        ms: performance.now() - startedAt,
        note: manner === first ? null : notes[manner],
      };
    } catch (error) {
      const isFormat =
        error instanceof GeneratorError &&
        error.code === 'endpoint-rejected' &&
        /format|schema|grammar|stream_options|min_p|seed|unsupported|unknown|unrecogni|extra|not permitted|invalid param/iu.test(
          String(error.details['said']),
        );
      if (!isFormat || next === undefined) throw error;
      manner = next;
    }
  }
}

function bodyOf({ model }: EndpointOptions, request: GenerateRequest, manner: Manner): object {
  const { prompt, keys, maxTextChars, maxTokens, temperature, topP, minP, seed } = request;
  const messages = [
    ...(prompt.system === '' ? [] : [{ role: 'system', content: prompt.system }]),
    { role: 'user', content: prompt.user },
  ];
  const base = { model, messages, stream: true, max_tokens: maxTokens, temperature, top_p: topP };
  if (manner === 'bare') return base;
  const full = {
    ...base,
    seed,
    stream_options: { include_usage: true },
    ...(minP > 0 ? { min_p: minP } : {}),
  };
  if (manner === 'free' || keys === null) return full;
  const format =
    manner === 'object'
      ? { type: 'json_object' }
      : {
          type: 'json_schema',
          json_schema: { name: 'object', strict: true, schema: objectSchema({ keys, maxTextChars }) },
        };
  return { ...full, response_format: format };
}

interface Answer {
  readonly text: string;
  readonly finish: Generated['reply']['finish'];
  readonly promptTokens: number | null;
  readonly newTokens: number | null;
}

async function converse(
  base: URL,
  options: EndpointOptions,
  body: object,
  onPiece: (text: string) => void,
  signal: AbortSignal,
): Promise<Answer> {
  const { origin } = base;
  const watch = deadline(signal, options.firstTimeoutMs);
  let text = '';
  let waitedMs = options.firstTimeoutMs;
  let finish: string | null = null;
  let usage: Usage | null = null;
  const say = (piece: string) => {
    if (piece === '') return;
    text += piece;
    onPiece(piece);
  };
  const stopped = (): Answer => ({ text, finish: 'stopped', promptTokens: null, newTokens: null });
  try {
    const response = await ask(
      base,
      'chat/completions',
      {
        method: 'POST',
        headers: { ...headersOf(options), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      },
      watch.signal,
    );
    if (!response.ok) throw fromStatus(origin, response.status, saidIn(await response.text()), options.model);
    const type = response.headers.get('content-type') ?? '';
    if (!type.includes('event-stream') || !response.body) {
      const whole = await response.text();
      const chunk = readChunk(whole);
      if (!chunk) throw notUnderstood(origin, whole);
      if (chunk.error !== null) throw failedMidway(origin, chunk.error, text);
      say(chunk.text);
      ({ finish, usage } = chunk);
    } else {
      let understood = 0;
      let last = '';
      for await (const data of eventData(response.body)) {
        watch.restart(options.stallTimeoutMs);
        waitedMs = options.stallTimeoutMs;
        if (data.trim() === '[DONE]') {
          finish ??= 'stop';
          understood++;
          break;
        }
        last = data;
        const chunk = readChunk(data);
        if (!chunk) continue;
        understood++;
        if (chunk.error !== null) throw failedMidway(origin, chunk.error, text);
        say(chunk.text);
        finish = chunk.finish ?? finish;
        usage = chunk.usage ?? usage;
      }
      if (understood === 0) throw notUnderstood(origin, last);
      // Closed without a word of farewell: the connection broke, whatever stands there is cut off.
      if (finish === null && !watch.signal.aborted)
        throw failedMidway(origin, 'the connection closed in the middle of a reply.', text);
    }
  } catch (error) {
    if (signal.aborted) return stopped();
    if (watch.expired()) throw timedOut(origin, waitedMs, text);
    if (error instanceof GeneratorError || isAbort(error)) throw error;
    throw failedMidway(origin, error instanceof Error ? error.message : String(error), text);
  } finally {
    watch.end();
  }
  if (signal.aborted) return stopped();
  return {
    text,
    finish: finish === 'length' ? 'length' : 'end',
    promptTokens: usage?.prompt ?? null,
    newTokens: usage?.completion ?? null,
  };
}

interface Usage {
  readonly prompt: number;
  readonly completion: number;
}

interface Chunk {
  readonly text: string;
  readonly finish: string | null;
  readonly usage: Usage | null;
  readonly error: string | null;
}

/** A chunk of a stream or a whole answer; null where it is neither. */
function readChunk(json: string): Chunk | null {
  const value = parseJson(json);
  if (typeof value !== 'object' || value === null) return null;
  const { choices, usage, error } = value as {
    readonly choices?: readonly {
      readonly delta?: { readonly content?: unknown } | null;
      readonly message?: { readonly content?: unknown } | null;
      readonly text?: unknown;
      readonly finish_reason?: unknown;
    }[];
    readonly usage?: { readonly prompt_tokens?: unknown; readonly completion_tokens?: unknown } | null;
    readonly error?: unknown;
  };
  if (error !== undefined && error !== null)
    return { text: '', finish: null, usage: null, error: saidIn(json) || 'an error without words' };
  if (!Array.isArray(choices) && !usage) return null;
  const choice = Array.isArray(choices) ? choices[0] : undefined;
  const content = choice?.delta?.content ?? choice?.message?.content ?? choice?.text;
  const counted =
    typeof usage?.prompt_tokens === 'number' && typeof usage.completion_tokens === 'number'
      ? { prompt: usage.prompt_tokens, completion: usage.completion_tokens }
      : null;
  return {
    text: typeof content === 'string' ? content : '',
    finish: typeof choice?.finish_reason === 'string' ? choice.finish_reason : null,
    usage: counted,
    error: null,
  };
}

/** The sentence inside an error answer, whichever shape it has. */
function saidIn(body: string): string {
  const value = parseJson(body) as { readonly error?: unknown; readonly message?: unknown } | undefined;
  const error = value?.error ?? value?.message;
  if (typeof error === 'string') return error;
  const message = (error as { readonly message?: unknown } | null | undefined)?.message;
  return typeof message === 'string' ? message : error === undefined ? body : JSON.stringify(error);
}

const headersOf = ({ apiKey }: EndpointOptions): Record<string, string> =>
  apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` };

/** A request that carries nothing of the page but what it says: no cookies, no referrer, no detour to another host. */
async function ask(base: URL, path: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  const url = `${base.href.replace(/\/$/u, '')}/${path}`;
  const common = {
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    redirect: 'error',
    cache: 'no-store',
  } as const;
  const violations = watchPolicy(base.origin);
  try {
    return await fetch(url, { ...init, ...common, signal });
  } catch (cause) {
    if (signal.aborted) throw cause;
    if (await violations.seen()) throw blocked(base.origin);
    if (await answersAtAll(base, signal))
      throw refusesPage(base.origin, 'its answers do not carry the headers that let a page read them (CORS)');
    if (init.method === 'POST' && (await answersModels(base, init, signal)))
      throw refusesPage(
        base.origin,
        'it lets pages list its models and then refuses their real requests (CORS)',
      );
    throw unreachable(base.origin, cause);
  } finally {
    violations.end();
  }
}

/** An answer that the page may not read still says that somebody is there; where the page is isolated, browsers hide even that. */
async function answersAtAll(base: URL, signal: AbortSignal): Promise<boolean> {
  if (typeof location === 'undefined') return false;
  return fetch(base.origin, {
    mode: 'no-cors',
    credentials: 'omit',
    referrerPolicy: 'no-referrer',
    signal,
  }).then(
    () => true,
    () => false,
  );
}

async function answersModels(base: URL, { headers }: RequestInit, signal: AbortSignal): Promise<boolean> {
  const { 'content-type': _type, ...plain } = (headers ?? {}) as Record<string, string>;
  return fetch(`${base.href}/models`, {
    headers: plain,
    credentials: 'omit',
    redirect: 'error',
    signal,
  }).then(
    ({ ok }) => ok,
    () => false,
  );
}

/** Whether the page's Content-Security-Policy refused a request to this origin: browsers say so in an event, not in the error. */
function watchPolicy(origin: string) {
  let isSeen = false;
  const listen = (event: Event) => {
    const { blockedURI } = event as SecurityPolicyViolationEvent;
    if (blockedURI.startsWith(origin)) isSeen = true;
  };
  const target = typeof self === 'undefined' ? null : self;
  target?.addEventListener?.('securitypolicyviolation', listen);
  return {
    /** The event follows the failure. */
    async seen(): Promise<boolean> {
      if (!isSeen && target && 'location' in target) await new Promise((resolve) => setTimeout(resolve, 50));
      return isSeen;
    },
    end: () => target?.removeEventListener?.('securitypolicyviolation', listen),
  };
}

/** A signal that follows the user's, or fires by itself when nothing has happened for too long. */
function deadline(signal: AbortSignal, ms: number) {
  const controller = new AbortController();
  let isExpired = false;
  const expire = () => {
    isExpired = true;
    controller.abort();
  };
  let timer = setTimeout(expire, ms);
  const follow = () => controller.abort();
  if (signal.aborted) follow();
  signal.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    expired: () => isExpired && !signal.aborted,
    restart(next: number) {
      clearTimeout(timer);
      timer = setTimeout(expire, next);
    },
    end() {
      clearTimeout(timer);
      signal.removeEventListener('abort', follow);
    },
  };
}

function raise(error: Error): never {
  throw error;
}
