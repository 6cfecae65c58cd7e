const { buildPage, SOURCE } = require('./page');

/** Webpack loader for src/dashboard/page-files.ts: puts the built page in place of what would build it. */
module.exports = function pageLoader() {
  this.addContextDependency(SOURCE);
  return `export const pageFiles = () => (${JSON.stringify(buildPage())});`;
};
