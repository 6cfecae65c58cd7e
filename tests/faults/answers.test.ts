import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { LoneTask } from '../fixtures/lone-task';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 10;
const LISTED = ROUND - 2;
const MIB = 2 ** 20;

describeProcesses('fault: the answers of the node', function () {
  this.timeout(90_000);
  let task: LoneTask;
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  /** Everything that makes a task ask its node in a round, at once. */
  const sendEvents = (): void => {
    task.send('executeTask', ROUND);
    task.send('auditPayload', LISTED);
    task.send('generateAndSubmitDistributionList', LISTED);
    task.send('distributionListAudit', LISTED);
  };
  const peakMiB = (): number => {
    const status = readFileSync(`/proc/${task.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) / 1024;
  };

  it('are larger than 32 MiB: it refuses them, abstains, lives, and mines when they are well', async () => {
    const value = 'x'.repeat(100 * MIB);
    const repair = task.breakMethods(['getTaskSubmissionInfo'], (round) => ({
      submissions: {
        [round as number]: { [task.other.publicKey]: { submission_value: value, slot: 1, round } },
      },
      submissions_audit_trigger: {},
    }));
    await task.start();
    await task.logged('ready to mine');
    sendEvents();
    await task.logged('answers above 32 MiB refused: 1');
    await task.logged('round 10 has to wait');
    expect(task.timesLogged('answers above 32 MiB')).to.equal(1);
    expect(await task.metric('orca_uncaught_errors_total')).to.equal(0);
    if (process.platform === 'linux') expect(peakMiB()).to.be.lessThan(500);
    repair();
    await task.hasShares(ROUND);
    expect(task.callsOf('auditSubmission')).to.deep.equal([]);
    expect(task.callsOf('distributionListAuditSubmission')).to.deep.equal([]);
  });

  it('take long: what is asked while one is on its way is asked once', async () => {
    let answer!: () => void;
    const gate = new Promise<void>((resolve) => (answer = resolve));
    const healthy = task.methods['getTaskSubmissionInfo']!;
    const repair = task.breakMethods(['getTaskSubmissionInfo'], (round) =>
      gate.then(() => healthy(round)),
    );
    await task.start();
    await task.logged('ready to mine');
    sendEvents();
    // A second call would come within this time.
    await sleep(1000);
    const asked = task.callsOf('getTaskSubmissionInfo').map(([round]) => round);
    answer();
    repair();
    // One call serves the list-keeper, the round's seed, the SDK's audit and its selection of the list-maker.
    expect(asked).to.deep.equal([LISTED]);
    await task.hasShares(ROUND);
  });
});
