const { buildThread } = require('./thread');

/** Webpack loader for src/mining/threads/thread-program.ts: replaces the code that builds the program by its result. */
module.exports = function threadLoader() {
  const { text, sources } = buildThread();
  for (const file of sources) this.addDependency(file);
  return `export const threadProgram = () => \`${text.replace(/[\\`]|\$\{/g, '\\$&')}\`;`;
};
