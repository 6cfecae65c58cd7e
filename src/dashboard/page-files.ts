import { createRequire } from 'node:module';

/** The files sent to a browser. */
export interface PageFiles {
  html: string;
  css: string;
  js: string;
  icon: string;
  /** The page of the network's rounds. */
  network: { html: string; js: string };
}

/**
 * The page, made by build/page.js from src/dashboard/browser. In the bundle build/page-loader.js replaces this file by
 * the result; when run from source, it is made here.
 */
export function pageFiles(): PageFiles {
  const build = createRequire(__filename)('../../build/page.js') as { buildPage(): PageFiles };
  return build.buildPage();
}
