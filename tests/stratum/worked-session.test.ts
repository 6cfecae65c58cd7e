import { expect } from 'chai';
import { Round } from '../../src/rounds/round';
import type { FoundShare } from '../../src/rounds/share-intake';
import { Session } from '../../src/stratum/session';
import { koiiSegment } from '../../src/work/coinbases';
import { identityOf } from '../../src/work/identity';
import { headerOf as headerOfAttempt } from '../../src/work/segment';
import { MemoryStore } from '../fixtures/memory-store';
import { judgeOf, vectors, type Example } from '../fixtures/proofs';
import { openShareDoor } from '../fixtures/share-door';
import { headerOf, type Notified } from '../fixtures/stratum-client';

// docs/STRATUM.md's worked session: the first published proof's work, on the ground of its example. Server and client
// rebuild the same header. Its hash meets no difficulty.

const vector = vectors[0]!;
const { of, submitter } = judgeOf(vector);
const { coinbase, header, nonce, versionBits, timeOffset } = vector.example as Example;
const EXTRANONCE1 = '02';
const EXTRANONCE2 = '0a0b0c0d';
const split = coinbase.indexOf(`01${EXTRANONCE1}${EXTRANONCE2}`) + 2;
const COINBASE1 = coinbase.slice(0, split);
const COINBASE2 = coinbase.slice(split + EXTRANONCE1.length + EXTRANONCE2.length);
const PREV = Buffer.from(header.slice(8, 72), 'hex').swap32().toString('hex');
const SUBMIT = ['rig1', '1', EXTRANONCE2, '6955b931', '9b7cd1f3', '17dde000'];

describe('the worked Stratum session', () => {
  let lines: unknown[];
  let found: FoundShare[];
  let session: Session;
  beforeEach(async () => {
    const identity = identityOf(of.taskId, submitter);
    const door = await openShareDoor(new MemoryStore(), identity);
    const round = Round.begin(identity, vector.round, of.seed);
    round.workOn(round.addSegment(koiiSegment(of)));
    round.leases.ofConnection = (secondByte) => 0x0100 | secondByte;
    const saved = (): Promise<void> => Promise.resolve();
    const keeper = { saveSoon: () => undefined, save: saved, store: saved };
    door.intake.open(round, keeper, () => undefined);
    lines = [];
    found = [];
    const node = {
      ...door,
      intake: { take: (share: FoundShare) => (found.push(share), door.intake.take(share)) },
      miner: {
        miningRound: round.number,
        lastRound: round,
        makeGround: () => Promise.resolve(),
      },
      nextJobId: () => '1',
      onUsedUp: () => undefined,
      password: '',
      now: () => 0,
    };
    session = new Session(node, Number.parseInt(EXTRANONCE1, 16), {
      write: (text) => {
        for (const line of text.trim().split('\n')) lines.push(JSON.parse(line));
      },
      end: (why) => lines.push(why),
    });
  });

  const say = async (id: number, method: string, params: unknown[]): Promise<unknown> => {
    session.receive(JSON.stringify({ id, method, params }));
    await Promise.resolve();
    return lines.splice(0);
  };

  it('goes as it is written, and rebuilds the header of the example to the byte', async () => {
    const mask = { 'version-rolling.mask': '1fffe000' };
    expect(await say(1, 'mining.configure', [['version-rolling'], mask])).to.deep.equal([
      { id: 1, result: { 'version-rolling': true, ...mask }, error: null },
    ]);
    const [{ result }] = (await say(2, 'mining.subscribe', ['cgminer/4.11.1'])) as [
      { result: unknown[] },
    ];
    expect(result.slice(1)).to.deep.equal([EXTRANONCE1, 4]);
    const [, , notify] = (await say(3, 'mining.authorize', ['rig1', 'x'])) as unknown[];
    expect(notify).to.deep.equal({
      id: null,
      method: 'mining.notify',
      params: ['1', PREV, COINBASE1, COINBASE2, [], '20000000', '1700ffff', '6955b907', true],
    });
    expect(await say(4, 'mining.submit', SUBMIT)).to.deep.equal([
      { id: 4, result: null, error: [23, 'Low difficulty share', null] },
    ]);
    const [{ job, attempt }] = found as [FoundShare];
    expect(attempt).to.deep.equal({
      prefix: 0x0102,
      extranonce2: 0x0a0b0c0d,
      versionBits,
      timeOffset,
      nonce,
    });
    expect(headerOfAttempt(job.template, attempt).toString('hex')).to.equal(header);
  });

  it('gives the client of the tests the same header', () => {
    const job: Notified = {
      id: '1',
      prev: PREV,
      coinbase1: COINBASE1,
      coinbase2: COINBASE2,
      version: '20000000',
      bits: '1700ffff',
      time: '6955b907',
      isClean: true,
      difficulty: 1,
    };
    const [, , extranonce2, time, digits, rolledBits] = SUBMIT as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const rolled = { extranonce2, time, nonce: digits, versionBits: rolledBits };
    expect(headerOf(job, EXTRANONCE1, rolled).toString('hex')).to.equal(header);
    // As miners that drop leading zeros of their nonces send it.
    const short = headerOf(job, EXTRANONCE1, { ...rolled, nonce: 'f3' });
    expect(short.subarray(76).toString('hex')).to.equal('f3000000');
  });
});
