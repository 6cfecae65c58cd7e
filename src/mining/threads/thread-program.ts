import { createRequire } from 'node:module';

/**
 * The program of a mining thread: program.ts and what it needs, put together by build/thread.js. A thread that read the
 * whole bundle would take 16 MB more. In the bundle, build/thread-loader.js puts the finished program in place of this
 * file; from source it is built here, in a tenth of a second.
 */
export function threadProgram(): string {
  const build = createRequire(__filename)('../../../build/thread.js') as {
    buildThread(): { text: string };
  };
  return build.buildThread().text;
}
