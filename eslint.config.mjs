import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** The rooms of src/ and which others each may import (docs/ARCHITECTURE.md). process includes format.ts. */
const ROOMS = {
  format: '',
  bitcoin: '',
  consensus: 'bitcoin',
  process: '',
  store: 'process',
  work: 'bitcoin consensus',
  'bitcoin-node': 'bitcoin process work',
  proof: 'bitcoin consensus work',
  mining: 'bitcoin consensus process work',
  notices: 'bitcoin process store',
  workers: 'bitcoin consensus work mining',
  audit: 'consensus process store work proof',
  settings: 'bitcoin bitcoin-node consensus process store mining notices',
  distribution: 'bitcoin process store work proof',
  rounds: 'bitcoin consensus process store work proof mining workers audit',
  history: 'bitcoin process store proof mining rounds',
  metrics: 'bitcoin consensus process work proof mining workers rounds',
  stratum: 'bitcoin consensus process work workers settings rounds',
  koii: 'consensus process store work notices audit settings distribution rounds',
  node: 'bitcoin bitcoin-node consensus process store work proof mining workers audit settings rounds history metrics stratum',
  http: 'bitcoin consensus process store work proof mining notices workers audit settings distribution rounds history metrics node',
  dashboard:
    'bitcoin consensus process proof mining workers settings distribution rounds history metrics stratum node http',
};
ROOMS.task = Object.keys(ROOMS).join(' ');

/** Matches the imports that a room may not have. */
function forbiddenTo(room) {
  const allowed = ROOMS[room].split(' ');
  const open = [room, ...allowed];
  if (open.includes('process')) open.push('format');
  const others = [...Object.keys(ROOMS), 'index', 'main'].filter((name) => !open.includes(name));
  // These three are files in src/ itself.
  const toSrc = ['consensus', 'format', 'node'].includes(room) ? '\\./' : '(\\.\\./)+';
  const rooms = allowed.join(', ') || 'no other room';
  return {
    regex: `^${toSrc}(${others.join('|')})(/|$)`,
    message: `Imports point down: src/${room} may import ${rooms} (docs/ARCHITECTURE.md).`,
  };
}

const namespaceWrapper = {
  name: '@_koii/namespace-wrapper',
  importNames: ['namespaceWrapper'],
  message: 'Take it from src/koii/sdk.ts, which shares its reads.',
};

/** If several blocks match a file, only the last one's options count, so each lists them all. */
const importRules = (patterns, paths = [namespaceWrapper]) => ({
  '@typescript-eslint/no-restricted-imports': ['error', { paths, patterns }],
});

/** Shares enter a round in one place. */
const shareEntering = {
  // Unless a class calls its own method.
  selector:
    'CallExpression[callee.property.name=/^(admit|enter)$/]' +
    ':not([callee.object.type="ThisExpression"])',
  message: 'Shares enter a round through src/rounds/share-intake.ts alone.',
};
const ofShares = '[source.value=/[\\u002F]shares$/]';
const shareHashing = {
  selector: [
    `ImportDeclaration${ofShares} > ImportSpecifier[imported.name="shareOf"]`,
    `ImportDeclaration${ofShares} > ImportNamespaceSpecifier`,
    `ExportNamedDeclaration${ofShares} > ExportSpecifier[local.name="shareOf"]`,
    `ExportAllDeclaration${ofShares}`,
  ].join(', '),
  message: 'Shares are hashed by src/rounds/share-intake.ts, and in audits by src/proof/verify.ts.',
};

export default tseslint.config(
  { ignores: ['dist/', 'tests/*/node_modules/'] },
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
    },
  },
  { files: ['src/**/*.ts'], rules: importRules([]) },
  Object.keys(ROOMS).map((room) => ({
    files: [`src/${room}.ts`, `src/${room}/**/*.ts`],
    rules: importRules([forbiddenTo(room)]),
  })),
  { files: ['src/koii/sdk.ts'], rules: importRules([forbiddenTo('koii')], []) },
  {
    files: ['src/dashboard/browser/**/*.ts'],
    rules: importRules([
      {
        regex: '^\\.\\./(?!update$|\\.\\./format$)',
        message: 'The page is given src/format.ts and src/dashboard/update.ts alone.',
      },
    ]),
  },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/rounds/share-intake.ts'],
    rules: { 'no-restricted-syntax': ['error', shareEntering, shareHashing] },
  },
  {
    files: ['src/proof/verify.ts'],
    rules: { 'no-restricted-syntax': ['error', shareEntering] },
  },
  {
    // Chai's assertions are expressions.
    files: ['tests/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      'no-restricted-syntax': [
        'error',
        {
          // eventually() and text() wait for a condition, and fail if it doesn't come.
          selector:
            'CallExpression[callee.name="it"][arguments.length=2]' +
            ':not(:has(CallExpression[callee.name=/^(expect|eventually$|text$)/]))' +
            ':not(:has(MemberExpression[object.name="fc"][property.name="assert"]))',
          message: 'A test asserts: by expect, a helper whose name begins so, or fc.assert.',
        },
      ],
    },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: {
        process: 'readonly',
        require: 'readonly',
        module: 'writable',
        __dirname: 'readonly',
        __filename: 'readonly',
        Buffer: 'readonly',
        console: 'readonly',
        setInterval: 'readonly',
      },
    },
    // Webpack's config and the simulator's toy task are CommonJS that node runs as it is.
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
