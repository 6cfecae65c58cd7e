const { join } = require('node:path');
const { buildPage, SOURCE } = require('./page');

/** Webpack loader for src/dashboard/page-files.ts: puts the built page in place of what would build it. */
module.exports = function pageLoader() {
  this.addContextDependency(SOURCE);
  this.addDependency(join(SOURCE, '../../format.ts'));
  return `export const pageFiles = () => (${JSON.stringify(buildPage())});`;
};
