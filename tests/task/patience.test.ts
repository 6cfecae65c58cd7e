import { expect } from 'chai';
import { createLog } from '../../src/log';
import { patiently } from '../../src/task/patience';

const log = createLog('silent');

describe('patience', () => {
  it('gives what the first good try gives', async () => {
    let tries = 0;
    const attempt = (): Promise<number> =>
      ++tries < 4 ? Promise.reject(new Error('away')) : Promise.resolve(tries);
    expect(await patiently('it', log, attempt, { firstWaitMs: 1 })).to.equal(4);
  });

  it('ends with the last failure', async () => {
    let tries = 0;
    const attempt = (): Promise<never> => Promise.reject(new Error(`failure ${++tries}`));
    const options = { tries: 3, firstWaitMs: 1 };
    const error = await patiently('it', log, attempt, options).catch((e: unknown) => e);
    expect(error).to.have.property('message', 'failure 3');
  });
});
