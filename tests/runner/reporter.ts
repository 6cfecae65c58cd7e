import path from 'node:path';
import Mocha from 'mocha';

/** Mocha's `spec`, plus a list of the tests that were run a second time, each with its first failure. */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const retried: string[] = [];
    runner.on(Mocha.Runner.constants.EVENT_TEST_RETRY, (test: Mocha.Test, error: Error) => {
      const file = path.relative(process.cwd(), test.file ?? '');
      const why = error.message.replaceAll('\n', '\n      ');
      retried.push(`    ${file}: ${test.fullTitle()}\n      ${why}`);
    });
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      if (retried.length === 0) return;
      const tests = retried.length === 1 ? '1 test was' : `${retried.length} tests were`;
      Mocha.reporters.Base.consoleLog(`  ${tests} tried a second time:\n\n${retried.join('\n')}\n`);
    });
  }
}
