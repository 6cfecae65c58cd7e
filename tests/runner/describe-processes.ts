/**
 * A suite of tests that start whole processes: each is tried a second time before it counts as failed, and the
 * reporter lists those that were. A busy machine may let a process miss its moment, which says nothing of the code;
 * what runs inside the test's own process has no such excuse, and what is random (fast-check) would hide a find.
 */
export function describeProcesses(title: string, tests: (this: Mocha.Suite) => void): void {
  describe(title, function () {
    this.retries(1);
    tests.call(this);
  });
}
