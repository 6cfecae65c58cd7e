import { expect } from 'chai';
import { HandedJobs } from '../../../cli/worker/handed-jobs';
import { workOf } from '../../../cli/worker/node-api';
import { taskAnswer } from '../../fixtures/task-answer';

describe('the jobs of one work', () => {
  const job = (jobId: string, target: bigint) => workOf(taskAnswer(3, { jobId, target }));

  it('give a share the newest whose target it meets, else the newest', () => {
    const jobs = new HandedJobs(job('a', 1000n));
    expect(jobs.idFor(1001n)).to.equal('a');
    jobs.add(job('b', 100n));
    jobs.add(job('c', 500n));
    expect([100n, 500n, 501n, 1000n, 1001n].map((hash) => jobs.idFor(hash))).to.deep.equal([
      'c',
      'c',
      'a',
      'a',
      'c',
    ]);
  });

  it('are few, however often the target changes', () => {
    const jobs = new HandedJobs(job('first', 1000n));
    for (let i = 0; i < 15; i++) jobs.add(job(`other-${i}`, 10n));
    expect(jobs.idFor(1000n)).to.equal('first');
    jobs.add(job('last', 10n));
    expect(jobs.idFor(1000n)).to.equal('last');
  });
});
