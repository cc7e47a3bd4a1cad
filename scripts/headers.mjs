// Headers every server of Verbena sends: development, preview and `npm start` read this one table.

/** Cross-origin isolation: without it `SharedArrayBuffer` is missing and WASM runs on one thread. */
export const isolationHeaders = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/** Hosts a hub download may touch, and only after the user asked for a hub model. */
export const hubHosts = ['https://huggingface.co', 'https://*.huggingface.co', 'https://*.hf.co'];

/**
 * Language models that run on this machine (Ollama, llama.cpp). The policy only says what the page could do: the page itself asks none of them
 * anything before its user has allowed it, and no other host is reachable at all.
 */
export const localEndpoints = ['http://localhost:*', 'http://127.0.0.1:*'];

/** The policy of a server; `endpoints` are further origins that its owner allows (`npm start -- --allow-endpoint URL`). */
export const policyWith = (endpoints = []) =>
  [
    "default-src 'self'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self' blob:",
    `connect-src 'self' blob: data: ${[...hubHosts, ...localEndpoints, ...endpoints].join(' ')}`,
    "img-src 'self' data: blob:",
    // Plotly and react-aria write element styles; no stylesheet comes from anywhere but the page.
    "style-src 'self' 'unsafe-inline'",
    "font-src 'self' data:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

export const contentSecurityPolicy = policyWith();

/** What the production server sends with every response. */
export const productionHeaders = {
  ...isolationHeaders,
  'Content-Security-Policy': contentSecurityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
};
