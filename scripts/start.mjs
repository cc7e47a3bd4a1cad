// `npm start`: installs, builds, serves and opens Verbena. `npm start -- --headless` runs the sample notebook to its end.
import { spawn } from 'node:child_process';
import { parseArgs } from 'node:util';
import { ensureChromium, ScriptError } from './browser.mjs';
import { defaultPort, serve } from './serve.mjs';
import { checkNode, ensureBuilt, ensureInstalled, repository, runCommand } from './setup.mjs';

const help = `npm start                      install, build, serve and open the sample notebook
npm start -- --headless        run the sample notebook in a headless browser, print its metrics, write its report
  --out DIR                    where report and pictures go (default: a new folder under the system's temporary one)
  --cpu                        headless: without WebGPU
  --epochs N --max-steps N     headless: how long to train
  --threshold N                headless: rows a label needs to be kept
npm start -- --port N          serve on this port (default ${defaultPort})
npm start -- --no-open         serve, open nothing
npm start -- --allow-endpoint URL  let the page ask a language model server beside those on this machine (may be repeated)`;

const options = {
  headless: { type: 'boolean', default: false },
  out: { type: 'string' },
  cpu: { type: 'boolean', default: false },
  epochs: { type: 'string' },
  'max-steps': { type: 'string' },
  threshold: { type: 'string' },
  port: { type: 'string' },
  'no-open': { type: 'boolean', default: false },
  'allow-endpoint': { type: 'string', multiple: true, default: [] },
  help: { type: 'boolean', short: 'h', default: false },
};

function parse() {
  try {
    return parseArgs({ options }).values;
  } catch (error) {
    throw new ScriptError('bad-option', `${error.message}.`, `What there is:\n${help}`);
  }
}

/** Asks the system to open an address; false where it has no way to. */
function open(url) {
  const [command, ...args] =
    process.platform === 'darwin'
      ? ['open', url]
      : process.platform === 'win32'
        ? ['cmd', '/c', 'start', '""', url]
        : ['xdg-open', url];
  // A machine without a screen has nothing to open; xdg-open would fall back to a text browser in this terminal.
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) {
    return Promise.resolve(false);
  }
  return new Promise((done) => {
    const child = spawn(command, args, { stdio: 'ignore', detached: true });
    child.on('error', () => done(false));
    child.on('spawn', () => done(true));
    child.unref();
  });
}

async function runHeadless(values) {
  const executable = await ensureChromium();
  const passed = ['out', 'epochs', 'max-steps', 'threshold'].flatMap((name) =>
    values[name] === undefined ? [] : [`--${name}`, values[name]],
  );
  if (values.cpu) passed.push('--cpu');
  return runCommand(process.execPath, ['--import', 'tsx', 'scripts/headless.ts', ...passed], {
    env: { CHROMIUM_PATH: executable },
  });
}

async function serveAndOpen(values) {
  const port = values.port === undefined ? defaultPort : Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new ScriptError(
      'bad-option',
      `--port ${values.port} is no port.`,
      'Give a number from 0 to 65535.',
    );
  }
  const allowEndpoints = values['allow-endpoint'];
  const server = await serve({
    root: `${repository}/dist`,
    port,
    strictPort: values.port !== undefined,
    allowEndpoints,
  });
  for (const endpoint of allowEndpoints) console.log(`The page may talk to ${new URL(endpoint).origin}.`);
  if (port !== 0 && server.port !== port) {
    console.log(`Port ${port} is taken: this address has its own saved notebooks.`);
  }
  const url = `${server.url}/?sample=1`;
  const opened = !values['no-open'] && (await open(url));
  console.log(opened ? `Verbena is open at ${url}` : `Verbena: open ${url} in Chrome`);
  console.log('Ctrl+C ends it.');
}

try {
  const values = parse();
  if (values.help) console.log(help);
  else {
    checkNode();
    await ensureInstalled();
    await ensureBuilt();
    if (values.headless) process.exitCode = await runHeadless(values);
    else await serveAndOpen(values);
  }
} catch (error) {
  console.error(error instanceof ScriptError ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}
