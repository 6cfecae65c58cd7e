import { createRequire } from 'node:module';

let built: string | undefined;

/**
 * The program of a mining thread, and of the trial of native code: program.ts and what it needs, put together by
 * build/thread.js. A thread that read the whole bundle would take 16 MB more. In the bundle, build/thread-loader.js puts
 * the finished program in place of this file; from source it is built here once, in a tenth of a second.
 */
export function threadProgram(): string {
  built ??= build();
  return built;
}

function build(): string {
  const builder = createRequire(__filename)('../../../build/thread.js') as {
    buildThread(): { text: string };
  };
  return builder.buildThread().text;
}
