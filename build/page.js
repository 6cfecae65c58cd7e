const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { buildSync } = require('esbuild');

const SOURCE = join(__dirname, '../src/dashboard/browser');
const UPLOT_CSS = require.resolve('uplot/dist/uPlot.min.css');

/**
 * Builds the dashboard's pages from their sources: for each one script of TypeScript and uPlot, for both one
 * style sheet, the rest as it is. Used by webpack's loader beside this file and, where the task runs from source, by
 * src/dashboard/page-files.ts.
 *
 * @returns {{ html: string, css: string, js: string, icon: string, network: { html: string, js: string } }}
 */
function buildPage() {
  const read = (name) => readFileSync(join(SOURCE, name), 'utf8');
  return {
    html: read('index.html'),
    css: readFileSync(UPLOT_CSS, 'utf8') + read('style.css'),
    js: scriptOf('main.ts'),
    icon: read('icon.svg'),
    network: { html: read('network.html'), js: scriptOf('network.ts') },
  };
}

function scriptOf(entry) {
  const { outputFiles } = buildSync({
    entryPoints: [join(SOURCE, entry)],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'utf8',
    // Readable, like the whole bundle: it is sent compressed.
    minify: false,
    legalComments: 'inline',
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

module.exports = { buildPage, SOURCE };
