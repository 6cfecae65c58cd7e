import { expect } from 'chai';
import { NodeApi, type Work } from '../../cli/worker/node-api';
import { shareBody } from '../../cli/worker/share-body';
import { RpcBitcoinNetwork } from '../../src/bitcoin-node/rpc-bitcoin-network';
import { displayHash } from '../../src/bitcoin/target';
import { sha256d } from '../../src/bitcoin/sha256';
import { proofRules } from '../../src/consensus';
import { createLog } from '../../src/process/log';
import { shareOf, type Share } from '../../src/proof/shares';
import { settingsFor } from '../../src/settings/schema';
import { Settings } from '../../src/settings/settings';
import { freePort } from '../sdk-stand-in/http';
import { FakeCore } from '../fixtures/fake-core';
import { mineOn } from '../fixtures/segments';
import { SidePort } from '../fixtures/side-port';
import { StratumClient, type Found } from '../fixtures/stratum-client';
import { EASIEST, WHOLE_MASK } from '../fixtures/stratum-node';
import { seed } from '../fixtures/template';
import { until } from '../fixtures/until';

const PAYOUT_ADDRESS = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';
const SIGNAL = new AbortController().signal;

describe('Blocks found around changes of the work', function () {
  this.timeout(60_000);
  let core: FakeCore;
  let port: SidePort;
  let api: NodeApi;
  let client: StratumClient;
  /** Hashes of all that was found, by whomever. On this network each share is a block. */
  let found: Set<string>;

  beforeEach(async () => {
    found = new Set();
    core = await FakeCore.start();
    core.newTip();
    const log = createLog('silent');
    const network = new RpcBitcoinNetwork({ urls: [core.url], network: 'regtest', log });
    const variables = {
      MINING_THREADS: '1',
      MINING_INTENSITY: '30',
      WORK_SOURCE: 'bitcoin',
      PAYOUT_ADDRESS,
    };
    port = await SidePort.open({
      settings: Settings.of(variables, settingsFor('regtest')),
      bitcoinNetwork: network,
      rules: proofRules({ network: 'regtest', taskPayout: undefined }),
    });
    const { engine, stratum, settings } = port.node;
    const search = engine.search.bind(engine);
    engine.search = (work) =>
      search({
        ...work,
        onFound(attempts) {
          for (const attempt of attempts) note(shareOf(work.template, attempt).hashValue);
          work.onFound(attempts);
        },
      });
    const stratumPort = await freePort();
    await stratum.open({ ...settings.current, STRATUM_PORT: stratumPort });
    api = new NodeApi(port.url, 'http-rig');
    await port.node.miner.begin(1, seed, Infinity);
    client = await StratumClient.mining(stratumPort, 'rig1', {
      password: EASIEST,
      mask: WHOLE_MASK,
    });
  });
  afterEach(async () => {
    client.close();
    await port.node.stratum.close();
    await port.node.blocks.close();
    port.node.bitcoin.close();
    await port.close();
    await core.stop();
  });

  const note = (hashValue: bigint): void => void found.add(displayHash(hashValue));
  const handedIn = (): Set<string> =>
    new Set(core.blocks.map((hex) => displayedHashOf(Buffer.from(hex, 'hex').subarray(0, 80))));

  /** What an HTTP worker and a Stratum client found on the work that they have now. */
  interface Held {
    work: Work;
    shares: Share[];
    mined: Found[];
  }
  const mine = async (): Promise<Held> => {
    const work = (await api.work(SIGNAL))!;
    const prev = Buffer.from(work.template.prev).swap32().toString('hex');
    const job = await client.job((each) => each.prev === prev);
    const shares = mineOn(work.template, 2, { prefix: work.extranonce1, extranonce2: ground++ });
    const mined = client.mine(job, 2, { rollsVersion: true });
    for (const { hashValue } of shares) note(hashValue);
    for (const { hash } of mined) note(hash);
    return { work, shares, mined };
  };
  let ground = 0;
  /** Hands in one of two finds of each. @returns what they are told: undefined and true if it counts */
  const submit = ({ work, shares, mined }: Held, nth: 0 | 1): Promise<unknown[]> => {
    const { round, jobId, template } = work;
    const ids = { worker_id: 'http-rig', submission_id: `${jobId}-${ground++}` };
    const body = { ...shareBody(template, shares[nth]!, ids), job_id: jobId };
    return Promise.all([
      api.submit(round, body, SIGNAL),
      client.submit('rig1', mined[nth]!.job, mined[nth]!),
    ]);
  };

  it('all reach the Bitcoin node: of threads, an HTTP worker and a Stratum client', async () => {
    const { miner } = port.node;
    const onTip = (prev: Uint8Array) => (): boolean => {
      const { templates, current } = miner.lastRound!;
      return !Buffer.from(prev).equals(templates[current!]!.prev);
    };
    // A thread's; on a busy machine it may find no other.
    await until(() => found.size > 0);
    for (let i = 0; i < 3; i++) {
      const held = await mine();
      const atOnce = submit(held, 0);
      core.newTip();
      expect(await atOnce, `tip ${i}`).to.deep.equal([undefined, true]);
      await until(onTip(held.work.template.prev));
      // Of the old tip: no good block, but work.
      expect(await submit(held, 1), `after tip ${i}`).to.deep.equal([undefined, true]);
    }
    const ofFirst = await mine();
    await Promise.all([submit(ofFirst, 0), miner.begin(2, seed, Infinity)]);
    expect(await submit(ofFirst, 1)).to.deep.equal(['round_over', true]);
    const ofSecond = await mine();
    await Promise.all([submit(ofSecond, 0), miner.close(2)]);
    expect(await submit(ofSecond, 1)).to.deep.equal(['round_over', [21, 'Job not found']]);
    await until(() => [...found].every((hash) => handedIn().has(hash)));
    expect([...handedIn()]).to.have.members([...found]);
    expect(port.node.blocks.foundSinceStart).to.equal(found.size);
    expect(found.size).to.be.above(20);
  });
});

function displayedHashOf(header: Uint8Array): string {
  return Buffer.from(sha256d(header)).reverse().toString('hex');
}
