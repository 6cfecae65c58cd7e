import { expect } from 'chai';

import { Notices } from '../../simulator/notices';

describe('the notices of a node', () => {
  const notice = (round: number, message = 'm', action = 'a') =>
    ({ round, level: 'warn', message, action }) as const;

  it('are kept as they came, up to the newest thousand', () => {
    const notices = new Notices();
    for (let round = 0; round < 1001; round++) notices.add(notice(round, '\x1b[2J\n'));
    expect(notices.all).to.have.length(1000);
    expect(notices.all[0]).to.deep.equal(notice(1, '\x1b[2J\n'));
    expect(notices.all.at(-1)).to.include({ round: 1000 });
  });

  it('are cut where their texts are long, and say so', () => {
    const notices = new Notices();
    const told = notices.add(notice(0, 'x'.repeat(2000), 'y'.repeat(2001)));
    expect(told.message).to.equal('x'.repeat(2000));
    expect(told.action).to.equal(`${'y'.repeat(2000)}… (cut: it has 2001 characters)`);
    expect(notices.all).to.deep.equal([told]);
  });
});
