import { createRequire } from 'node:module';

/**
 * The program of a mining thread, as build/thread.js makes it of program.ts and what that needs: a thread that reads
 * the whole bundle takes 16 MB more. In the bundle build/thread-loader.js puts what it made in place of this file;
 * from source it is made here, in a tenth of a second.
 */
export function threadProgram(): string {
  const build = createRequire(__filename)('../../../build/thread.js') as {
    buildThread(): { text: string };
  };
  return build.buildThread().text;
}
