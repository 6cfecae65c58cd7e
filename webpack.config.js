require('./build/tools-node');
const { rmSync } = require('node:fs');
const { join, relative } = require('node:path');
const webpack = require('webpack');
const { AsciiOnly } = require('./build/ascii-only');
const { writeChecksums } = require('./build/checksums');
const { builtConsensus, describe } = require('./build/consensus');
const { allPrebuilds, builtAddons, describeAddons } = require('./build/native-addons');
const { builtRehearsal } = require('./build/rehearsal');
const { resolveSdk } = require('./build/sdk');

const root = __dirname;
const ADDONS_HOME = join(root, 'src/mining/kernels/embedded-addons.ts');

/**
 * Builds one CommonJS file that runs alone: a Koii node downloads nothing else.
 *
 * @param {{ release?: boolean, 'task-payout'?: string, bitcoin?: string, native?: 'off', prebuilds?: boolean,
 *   rehearsal?: boolean | 'shared' | 'own', record?: boolean, entry?: string, out?: string, addons?: string }} env
 *   release accepts only the official SDK, and means prebuilds unless native=off; task-payout and bitcoin are consensus
 *   (build/consensus.js); native=off leaves out the native addons that were built; prebuilds takes the prebuilt ones
 *   alone, of all platforms, and writes SHA256SUMS; rehearsal and record are for `npm run rehearse`
 *   (build/rehearsal.js), and a release refuses them; entry, out and addons replace src/main.ts, dist and native/ (tests
 *   bundle their fixtures so, and other networks' bundles don't end in dist)
 */
module.exports = function config(env = {}) {
  const rehearsal = orFail(() => builtRehearsal(env));
  const sdk = resolveSdk(root);
  if (env.release && !sdk.official) {
    fail(
      'A release needs the official Koii SDK, and it is not installed: the registry in use lacks it.',
      'With a registry that carries @_koii/namespace-wrapper and @_koii/task-manager, run:',
      '',
      '  npm ci --include=optional && npm run build:prebuilds && npm run build:release',
      '',
    );
  }
  const consensus = orFail(() => builtConsensus(env));
  const isForAll = env.prebuilds || (env.release && env.native !== 'off');
  const addons = orFail(() => addonsToEmbed(env, isForAll));
  const out = env.out ?? join(root, 'dist');
  // Beside dist/, which holds main.js alone. Any other build makes what it says of dist/main.js wrong.
  const checksums = join(env.out ?? root, 'SHA256SUMS');
  return {
    mode: 'production',
    target: 'node18',
    context: root,
    entry: env.entry ?? './src/main.ts',
    output: {
      path: out,
      filename: 'main.js',
      library: { type: 'commonjs2' },
      clean: true,
    },
    devtool: false,
    // Readable, so that anybody who runs the task can see what it does.
    optimization: { minimize: false, moduleIds: 'named', chunkIds: 'named' },
    node: { __filename: false, __dirname: false },
    resolve: {
      extensions: ['.ts', '...'],
      alias: {
        ...sdk.alias,
        // Its default entry looks for a native addon beside the bundle; this is the same API in JavaScript.
        secp256k1$: 'secp256k1/elliptic.js',
      },
    },
    module: {
      parser: {
        javascript: {
          dynamicImportMode: 'eager',
          // What createRequire loads is only for running from source (the tests' loader).
          createRequire: false,
        },
      },
      rules: [
        {
          test: /\.ts$/,
          exclude: /node_modules/,
          loader: 'ts-loader',
          options: { transpileOnly: true, compilerOptions: { noEmit: false } },
        },
        {
          test: ADDONS_HOME,
          enforce: 'pre',
          loader: join(root, 'build/embed-native-loader.js'),
          options: { addons },
        },
        {
          test: /[\\/]dashboard[\\/]page-files\.ts$/,
          enforce: 'pre',
          loader: join(root, 'build/page-loader.js'),
        },
        {
          test: /[\\/]threads[\\/]thread-program\.ts$/,
          enforce: 'pre',
          loader: join(root, 'build/thread-loader.js'),
        },
        {
          test: /[\\/]classic-level[\\/]binding\.js$/,
          loader: join(root, 'build/embed-addon-loader.js'),
        },
      ],
    },
    plugins: [
      // Optional native accelerators of ws.
      new webpack.IgnorePlugin({ resourceRegExp: /^(bufferutil|utf-8-validate)$/ }),
      new AsciiOnly(),
      new webpack.DefinePlugin({
        BUILT_CONSENSUS: JSON.stringify(consensus),
        BUILT_REHEARSAL: rehearsal ? JSON.stringify(rehearsal) : 'undefined',
      }),
      {
        apply(compiler) {
          compiler.hooks.beforeRun.tap('checksums', () => rmSync(checksums, { force: true }));
          compiler.hooks.done.tap('report', (stats) => {
            if (stats.hasErrors()) return;
            const files = [join(out, 'main.js'), ...addons.map(({ file }) => file)];
            if (isForAll) writeChecksums(checksums, files);
            report(stats, { sdk, addons, consensus, rehearsal });
          });
        },
      },
    ],
    // Express loads view engines by name; a task renders no views.
    ignoreWarnings: [{ module: /[\\/]express[\\/]lib[\\/]view\.js$/ }],
    performance: false,
    stats: { preset: 'errors-warnings', errorsCount: false, warningsCount: false },
  };
};

function addonsToEmbed({ native, prebuilds, addons: folder }, isForAll) {
  if (prebuilds && native === 'off') {
    throw new Error('--env prebuilds and --env native=off exclude each other');
  }
  if (native === 'off') return [];
  return isForAll ? allPrebuilds(folder) : builtAddons(folder);
}

function orFail(read) {
  try {
    return read();
  } catch (error) {
    return fail(error.message);
  }
}

function fail(...lines) {
  console.error(lines.join('\n'));
  process.exit(1);
}

function report(stats, { sdk, addons, consensus, rehearsal }) {
  const [asset] = stats.toJson({ all: false, assets: true }).assets;
  const { path } = stats.compilation.outputOptions;
  const megabytes = (asset.size / 1e6).toFixed(1);
  // What doesn't mine (tests' fixtures) has no place for native code.
  const mines = stats.compilation.fileDependencies.has(ADDONS_HOME);
  const parts = [`with ${sdk.name}`, ...(mines ? [describeAddons(addons)] : [])];
  if (rehearsal) parts.push('a rehearsal build, not to be deployed');
  console.log(
    `${relative(root, join(path, asset.name))}: ${megabytes} MB, ${parts.join(', ')}; ${describe(consensus)}`,
  );
}
