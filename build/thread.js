const { join } = require('node:path');
const { buildSync } = require('esbuild');

const ROOT = join(__dirname, '..');
const SOURCE = join(ROOT, 'src/mining/threads');

/**
 * Builds the program of the mining threads and of the trial of native code from src/mining/threads/program.ts and its
 * imports: one script that needs nothing but the modules of Node. Used by webpack's loader beside this file and, where the task runs from source, by
 * src/mining/threads/thread-program.ts.
 *
 * @returns {{ text: string, sources: string[] }} sources are the files it was made of
 */
function buildThread() {
  const { outputFiles, metafile } = buildSync({
    absWorkingDir: ROOT,
    entryPoints: [join(SOURCE, 'program.ts')],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    // Node evaluates it among the globals.
    format: 'iife',
    target: 'node18',
    // Names it in stack traces.
    footer: { js: '//# sourceURL=orca-mining-thread.js' },
    // Readable, like the whole bundle.
    minify: false,
    legalComments: 'inline',
    logLevel: 'silent',
  });
  const sources = Object.keys(metafile.inputs).map((file) => join(ROOT, file));
  return { text: outputFiles[0].text, sources };
}

module.exports = { buildThread };
