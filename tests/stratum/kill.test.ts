import { expect } from 'chai';
import { find } from '../../cli/soak/mined';
import type { Acknowledged } from '../../cli/soak/rig';
import { VERSION_BITS_SHIFT } from '../../src/consensus';
import { packAttempt } from '../../src/work/attempt';
import { freePort } from '../sdk-stand-in/http';
import { StandaloneNode } from '../fixtures/standalone';
import { StratumClient, type Found } from '../fixtures/stratum-client';
import { EASIEST, WHOLE_MASK } from '../fixtures/stratum-node';
import { describeProcesses } from '../runner/describe-processes';

const ROUND = 5;

const numberOf = (digits: string): number => Number.parseInt(digits, 16);

describeProcesses('a standalone node killed behind its answers over Stratum', function () {
  this.timeout(60_000);
  let node: StandaloneNode;
  let port: number;
  before(async () => {
    port = await freePort();
    node = await StandaloneNode.start({
      LOG_LEVEL: 'warn',
      STRATUM_PORT: String(port),
      MINING_INTENSITY: '1',
    });
  });
  after(() => node.dispose());

  const miner = (): Promise<StratumClient> =>
    StratumClient.mining(port, 'rig1', { password: EASIEST, mask: WHOLE_MASK });

  it('has every share in the proof that belongs there, and knows no job of before', async () => {
    await node.post(`/task/${ROUND}`, {});
    const client = await miner();
    const job = await client.job();
    const shares = client.mine(job, 12, { rollsVersion: true });
    const answers = await Promise.all(shares.map((share) => client.submit('rig1', job, share)));
    // At once, so that nothing but what was waited for is sure to be stored.
    await node.kill('SIGKILL');
    expect(answers).to.deep.equal(shares.map(() => true));
    await node.run();

    const task = JSON.stringify((await node.ask(`/task/${ROUND}`)).body);
    const { proof } = (await node.ask(`/submission/${ROUND}`)).body;
    const acknowledged = shares.map((share) => acknowledgedOf(share, client.extranonce1, task));
    const { inProof, missing } = find(proof, acknowledged);
    expect(missing).to.equal(0);
    expect(inProof).to.be.at.least(1);

    const again = await miner();
    const its = await again.job();
    expect(its.prev).to.equal(job.prev);
    expect(its.coinbase1 + again.extranonce1).not.to.equal(job.coinbase1 + client.extranonce1);
    expect(await again.submit('rig1', job, shares[0]!)).to.deep.equal([21, 'Job not found']);
    again.close();
  });
});

/** A share as the soak's rigs record it. */
function acknowledgedOf(share: Found, extranonce1: string, task: string): Acknowledged {
  const { job, extranonce2, time, nonce, versionBits, hash } = share;
  const attempt = packAttempt({
    prefix: numberOf(job.coinbase1.slice(-2) + extranonce1),
    extranonce2: numberOf(extranonce2),
    versionBits: numberOf(versionBits!) >>> VERSION_BITS_SHIFT,
    timeOffset: numberOf(time) - numberOf(job.time),
    nonce: numberOf(nonce),
  });
  const body = { hash: hash.toString(16).padStart(64, '0') } as Acknowledged['body'];
  return { round: ROUND, body, attempt: attempt.toString('hex'), task };
}
