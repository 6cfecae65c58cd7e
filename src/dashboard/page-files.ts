import { createRequire } from 'node:module';

/** What a browser is sent. */
export interface PageFiles {
  html: string;
  css: string;
  js: string;
  icon: string;
}

/**
 * The page as build/page.js makes it of src/dashboard/browser. In the bundle build/page-loader.js puts
 * what it made in place of this file; from source it is made here.
 */
export function pageFiles(): PageFiles {
  const build = createRequire(__filename)('../../build/page.js') as { buildPage(): PageFiles };
  return build.buildPage();
}
