/**
 * A suite of tests that start whole processes: each is run a second time before it counts as failed, and the
 * reporter lists those that were. A busy machine may make a process miss its moment, which says nothing about the code;
 * tests in mocha's own process have no such excuse, and a retry of a random one (fast-check) would hide a failure.
 */
export function describeProcesses(title: string, tests: (this: Mocha.Suite) => void): void {
  describe(title, function () {
    this.retries(1);
    tests.call(this);
  });
}

/**
 * In such a suite, in place of `before`: a run that all tests look at. It is made again for a second try, as it is the
 * run that may have missed its moment.
 */
export function beforeTries(run: () => Promise<void>): void {
  let latest: string | undefined;
  beforeEach(async function () {
    const test = this.currentTest!.fullTitle();
    const isNeeded = latest === undefined || latest === test;
    latest = test;
    if (isNeeded) await run();
  });
}
