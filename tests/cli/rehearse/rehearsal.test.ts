import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { LogFollower } from '../../../cli/rehearse/log-follower';
import { NodeDirectory } from '../../../cli/rehearse/node-directory';
import { Observations, type Check } from '../../../cli/rehearse/observations';
import { collectRecord, rehearse } from '../../../cli/rehearse/rehearsal';
import { rehearsalBundle } from '../../../cli/rehearse/rehearsal-bundle';
import { askSidePort, readMetrics } from '../../../cli/rehearse/side-port';
import { monotonicClock } from '../../../src/process/clock';
import {
  fakeBundle,
  FakeDesktopNode,
  goodRounds,
  LAYOUTS,
  ORIGINAL,
  startLines,
} from '../../fixtures/fake-desktop-node';

const ID = '0000aaaa';
const grades = (checks: readonly Check[]) =>
  Object.fromEntries(checks.map(({ name, grade }) => [name, grade]));
const GOOD = {
  started: 'PASS',
  'page reachable': 'PASS',
  'seed known': 'PASS',
  'proof on chain': 'PASS',
  'verdicts and list computed': 'PASS',
  'failed node calls': 'PASS',
};

describe('a rehearsal', () => {
  const platforms = Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[];
  for (const platform of platforms) {
    it(`runs two rounds in a node as it lies on ${platform}, and puts the original back`, async () => {
      const node = await new FakeDesktopNode(platform).start();
      try {
        const said: string[] = [];
        const checks = await rehearse({
          bundle: rehearsalBundle(Buffer.from(fakeBundle(ID))),
          task: new NodeDirectory(node.directory).taskOf(undefined),
          executable: node.executable,
          clock: monotonicClock,
          signal: new AbortController().signal,
          limitMs: 15_000,
          say: (line) => said.push(line),
          ask: askSidePort,
          seenMs: 100,
        });
        expect(grades(checks)).to.deep.equal(GOOD);
        expect(node.started[0]).to.include(ID);
        expect(node.contents()).to.equal(ORIGINAL);
        expect(said.join('\n')).to.include("the sandbox task's own bundle is back");
      } finally {
        node.dispose();
      }
    });
  }

  it('takes no bundle that is not built for it', () => {
    expect(() => rehearsalBundle(Buffer.from(ORIGINAL))).to.throw('is no rehearsal build');
    expect(rehearsalBundle(Buffer.from(fakeBundle(ID, false)))).to.include({
      id: ID,
      isShared: false,
    });
  });

  it('gives up on a node that does not start the bundle, by its clock alone', async () => {
    const node = new FakeDesktopNode();
    try {
      let now = 0;
      const checks = await rehearse({
        bundle: rehearsalBundle(Buffer.from(fakeBundle(ID))),
        task: new NodeDirectory(node.directory).taskOf(undefined),
        executable: node.executable,
        clock: {
          now: () => now,
          until: (atMs) => {
            now = Math.max(now, atMs);
            return Promise.resolve();
          },
        },
        signal: new AbortController().signal,
        limitMs: 3_600_000,
        say: () => undefined,
        ask: askSidePort,
        seenMs: 10,
      });
      expect(now).to.be.within(180_000, 182_000);
      expect(checks[0]).to.include({ grade: 'FAIL', name: 'started' });
      expect(node.contents()).to.equal(ORIGINAL);
    } finally {
      node.dispose();
    }
  });

  it("takes the node's calls out of the task's folder", () => {
    const node = new FakeDesktopNode();
    try {
      const task = new NodeDirectory(node.directory).taskOf(undefined);
      const to = path.join(node.home, 'calls.jsonl');
      expect(collectRecord(task, to)).to.equal(false);
      const kept = path.join(task.directory, 'KOIILevelDB.db.rehearsal-calls.jsonl');
      writeFileSync(kept, '{"method":"getRound"}\n');
      expect(collectRecord(task, to)).to.equal(true);
      expect(readFileSync(to, 'utf8')).to.equal('{"method":"getRound"}\n');
      expect(existsSync(kept)).to.equal(false);
    } finally {
      node.dispose();
    }
  });
});

describe('what a rehearsal has seen', () => {
  const ORIGIN = 'http://127.0.0.1:8080';
  const seen = (lines: readonly string[]): Observations => {
    const observations = new Observations(ID);
    for (const line of lines) observations.line(`[Fri, Nov 27] [2026-11-27] INFO: ${line}`);
    return observations;
  };
  const gradeOf = (lines: readonly string[], name: string) =>
    seen(lines)
      .checks()
      .find((check) => check.name === name)!;
  const good = goodRounds(ID, ORIGIN);

  it('is complete with the list of the first round mined, or when that is overdue', () => {
    expect(seen(good.slice(0, -1)).isComplete).to.equal(false);
    expect(seen(good).isComplete).to.equal(true);
    expect(seen([...good.slice(0, -1), 'mining round 10']).isComplete).to.equal(true);
  });

  it('is nothing of another program, nor of an earlier rehearsal', () => {
    for (const lines of [good.slice(1), goodRounds('0000bbbb', ORIGIN)]) {
      expect(grades(seen(lines).checks())).to.include({ started: 'FAIL', 'seed known': 'FAIL' });
      expect(seen(lines).address).to.equal(undefined);
    }
  });

  it('fails what did not happen', () => {
    const start = startLines(ID, ORIGIN);
    expect(grades(seen(start).checks())).to.deep.equal({
      started: 'PASS',
      'page reachable': 'FAIL',
      'seed known': 'FAIL',
      'proof on chain': 'FAIL',
      'verdicts and list computed': 'FAIL',
      'failed node calls': 'WARN',
    });
    expect(gradeOf(start.slice(0, 1), 'started').grade).to.equal('FAIL');
  });

  it('fails a proof that is not on the chain, and warns of one that nobody has seen there', () => {
    const missing = [...good, 'the proof of round 7 is not on the chain: it earns nothing'];
    expect(gradeOf(missing, 'proof on chain').grade).to.equal('FAIL');
    expect(gradeOf(good.slice(0, -1), 'proof on chain').grade).to.equal('WARN');
    const empty = [...good, 'nothing to submit for round 8'];
    expect(gradeOf(empty, 'proof on chain').grade).to.equal('WARN');
  });

  it('fails a list in which not even the own proof is valid', () => {
    const lines = [...good.slice(0, -1), 'distribution of round 7: 0 of 4 proofs are valid'];
    expect(gradeOf(lines, 'verdicts and list computed').grade).to.equal('FAIL');
  });

  it('warns of components that are down and of failed calls, by name', () => {
    const observations = seen(good);
    observations.answered({
      down: ['miner'],
      secondsLeft: undefined,
      failedCalls: { getRound: 3, getTaskState: 0 },
    });
    const checks = observations.checks();
    expect(checks.find(({ name }) => name === 'page reachable')).to.deep.include({
      grade: 'WARN',
      detail: `${ORIGIN} says that these fail: miner`,
    });
    const calls = checks.find(({ name }) => name === 'failed node calls')!;
    expect(calls.grade).to.equal('WARN');
    expect(calls.detail).to.match(/^3 \(getRound 3\)/);
  });

  it("reads the side port's metrics", () => {
    const text =
      '# HELP x\norca_node_call_failures_total{method="getRound"} 2\norca_round_seconds_left 61.5\n';
    expect(readMetrics(text)).to.deep.equal({ secondsLeft: 61.5, failedCalls: { getRound: 2 } });
    expect(readMetrics('orca_round_seconds_left 0\n').secondsLeft).to.equal(undefined);
  });
});

describe('following task.log', () => {
  it('reads whole lines that are added, over a rotation and in any characters', () => {
    const node = new FakeDesktopNode();
    try {
      const follower = new LogFollower(node.log);
      expect(follower.read()).to.deep.equal([]);
      const bytes = Buffer.from('zwölf\r\nhalf');
      appendFileSync(node.log, bytes.subarray(0, 3));
      expect(follower.read()).to.deep.equal([]);
      appendFileSync(node.log, bytes.subarray(3));
      expect(follower.read()).to.deep.equal(['zwölf']);
      renameSync(node.log, `${node.log}.1`);
      expect(follower.read()).to.deep.equal([]);
      writeFileSync(node.log, 'new\n');
      expect(follower.read()).to.deep.equal(['new']);
      writeFileSync(node.log, 'a\n');
      expect(follower.read()).to.deep.equal(['a']);
    } finally {
      node.dispose();
    }
  });
});
