const { join } = require('node:path');
const { buildPage, SOURCE } = require('./page');

/** Webpack loader for src/dashboard/page-files.ts: replaces the code that builds the page by the built page. */
module.exports = function pageLoader() {
  this.addContextDependency(SOURCE);
  this.addDependency(join(SOURCE, '../../format.ts'));
  return `export const pageFiles = () => (${JSON.stringify(buildPage())});`;
};
