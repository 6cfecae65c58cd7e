import { expect } from 'chai';
import { summary } from '../../../cli/worker/progress';

describe("a worker's last line", () => {
  const totals = { hashes: 3_600_000, minedMs: 1800, accepted: 12, rejected: 0, unsubmitted: 0 };

  it('tells the average, the time, the hashes and what became of the shares', () => {
    expect(summary(totals)).to.equal(
      'mined for 2 s: 2.00 MH/s on average, 3.60 M hashes; 12 shares accepted, 0 rejected',
    );
    expect(summary({ ...totals, accepted: 1, unsubmitted: 3 })).to.match(
      /1 share accepted, 0 rejected, 3 not submitted$/,
    );
  });

  it('says so where nothing was mined', () => {
    expect(summary({ ...totals, hashes: 0, minedMs: 0 })).to.equal(
      'mined nothing: no hash was done',
    );
  });
});
