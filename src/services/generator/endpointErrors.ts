import { GeneratorError } from './contract.ts';

/** Where a page of this origin may be refused, and what allows it. */
const allowOrigin =
  'Ollama: start it with OLLAMA_ORIGINS set to this page’s address. llama.cpp’s llama-server, LM Studio and vLLM have a setting for CORS.';

export function invalidUrl(url: string): GeneratorError {
  return new GeneratorError(
    'endpoint-url-invalid',
    `“${url.slice(0, 200)}” is no address of a server.`,
    'Write it like http://localhost:11434/v1 (Ollama) or http://localhost:8080/v1 (llama.cpp).',
    { url },
  );
}

export function notAllowed(origin: string): GeneratorError {
  return new GeneratorError(
    'endpoint-not-allowed',
    `Verbena sends nothing to ${origin} until you allow it.`,
    'Read what would leave this tab, then allow it beside the address.',
    { origin },
  );
}

/** The page's own Content-Security-Policy stood in the way. */
export function blocked(origin: string): GeneratorError {
  return new GeneratorError(
    'endpoint-blocked',
    `This page may not talk to ${origin}: its server only allows servers on this machine.`,
    `Start Verbena with: npm start -- --allow-endpoint ${origin}`,
    { origin },
  );
}

export function unreachable(origin: string, cause: unknown): GeneratorError {
  return new GeneratorError(
    'endpoint-unreachable',
    `${origin} does not answer this page: it is not running, or it does not allow this page’s address (CORS).`,
    `Check that it runs and that the port is right. ${allowOrigin} Chrome may also ask whether this page may reach your local network: allow it.`,
    { origin, reason: cause instanceof Error ? cause.message : String(cause) },
    cause,
  );
}

/** It answers, but not to pages: a lie about CORS, or none of it. */
export function refusesPage(origin: string, how: string): GeneratorError {
  return new GeneratorError(
    'endpoint-refuses-page',
    `${origin} runs, but ${how}.`,
    `${allowOrigin} A proxy in between may drop the headers of real answers though it sends them with preflights.`,
    { origin },
  );
}

export function timedOut(origin: string, ms: number, partial: string): GeneratorError {
  return new GeneratorError(
    'endpoint-timeout',
    `${origin} said nothing for ${Math.round(ms / 1000)} seconds.`,
    'The model may still be loading, or the machine is busy: try again, ask for fewer at once, or choose a smaller model. What came is kept.',
    { origin, ms, partial },
  );
}

/** What an HTTP status means for someone who waits for text. */
export function fromStatus(origin: string, status: number, said: string, model: string): GeneratorError {
  const details = { origin, status, said: said.slice(0, 2000) };
  const quote = said.trim() === '' ? '' : ` It says: ${said.trim().slice(0, 200)}`;
  if (status === 401 || status === 403)
    return new GeneratorError(
      'endpoint-unauthorised',
      `${origin} wants a key, or another one (${status}).${quote}`,
      'Enter the key beside the address; it stays in this tab’s memory and is never saved.',
      details,
    );
  if (status === 404)
    return new GeneratorError(
      'endpoint-not-found',
      `${origin} knows no model “${model}”, or has no chat completions at this address (404).${quote}`,
      'Choose one of its models, or correct the address: it usually ends in /v1.',
      details,
    );
  if (status === 429 || status === 503)
    return new GeneratorError(
      'endpoint-busy',
      `${origin} takes no more requests now (${status}).${quote}`,
      'Wait, or ask for fewer at once. What came is kept.',
      details,
    );
  if (status >= 500)
    return new GeneratorError(
      'endpoint-failed',
      `${origin} failed (${status}).${quote}`,
      'Look into the server’s own log: the model may not fit its memory. What came is kept.',
      details,
    );
  return new GeneratorError(
    'endpoint-rejected',
    `${origin} does not take this request (${status}).${quote}`,
    'Shorten the prompt (fewer examples), or check the model’s name and its context length.',
    details,
  );
}

export function failedMidway(origin: string, said: string, partial: string): GeneratorError {
  return new GeneratorError(
    'endpoint-failed',
    `${origin} broke off: ${said.slice(0, 200)}`,
    'Look into the server’s own log. What came is kept.',
    { origin, said: said.slice(0, 2000), partial },
  );
}

export function notUnderstood(origin: string, said: string): GeneratorError {
  return new GeneratorError(
    'endpoint-not-understood',
    `${origin} answers, but not as an OpenAI-compatible server: ${said.trim().slice(0, 120) || 'nothing'}`,
    'Check the address: it usually ends in /v1.',
    { origin, said: said.slice(0, 2000) },
  );
}
