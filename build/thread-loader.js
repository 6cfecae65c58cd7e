const { buildThread } = require('./thread');

/** Webpack loader for src/mining/threads/thread-program.ts: puts the program in place of what would make it, line by line. */
module.exports = function threadLoader() {
  const { text, sources } = buildThread();
  for (const file of sources) this.addDependency(file);
  return `export const threadProgram = () => \`${text.replace(/[\\`]|\$\{/g, '\\$&')}\`;`;
};
