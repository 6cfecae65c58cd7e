import js from '@eslint/js';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** There is one door for shares. */
const shareEntering = {
  // Not a method of a class's own.
  selector:
    'CallExpression[callee.property.name=/^(admit|enter)$/]' +
    ':not([callee.object.type="ThisExpression"])',
  message: 'Shares enter a round through src/rounds/share-intake.ts alone.',
};
const ofShare = '[source.value=/[\\u002F]share$/]';
const shareHashing = {
  selector: [
    `ImportDeclaration${ofShare} > ImportSpecifier[imported.name="shareOf"]`,
    `ImportDeclaration${ofShare} > ImportNamespaceSpecifier`,
    `ExportNamedDeclaration${ofShare} > ExportSpecifier[local.name="shareOf"]`,
    `ExportAllDeclaration${ofShare}`,
  ].join(', '),
  message: 'Shares are hashed by src/rounds/share-intake.ts, and in audits by src/proof/verify.ts.',
};

export default tseslint.config(
  { ignores: ['dist/', 'tests/node18/node_modules/'] },
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
  {
    files: ['src/**/*.ts'],
    ignores: ['src/koii/sdk.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          name: '@_koii/namespace-wrapper',
          importNames: ['namespaceWrapper'],
          message: 'Take it from src/koii/sdk.ts, which shares its reads.',
        },
      ],
    },
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
          // eventually() and text() wait for what must become true, and fail where it does not.
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
        console: 'readonly',
        setInterval: 'readonly',
      },
    },
    // Webpack's settings and the simulator's toy task are CommonJS, read by node as they are.
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
