import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { freePorts, readTaskConfig, startNetwork, type Network } from '../../../simulator';
import { taskIdOf } from '../../../simulator/simulated-node';
import type { RecordedCall } from '../../../src/koii/recorder';
import { startProgram } from '../../fixtures/standalone';
import { eventually } from '../../fixtures/until';

const ROOT = path.join(__dirname, '../../..');
const SEED = 'rehearsal';
const TASK = taskIdOf(SEED);
const WRITES = [
  'auditSubmission',
  'distributionListAuditSubmission',
  'uploadDistributionList',
  'distributionListSubmissionOnChain',
  'payloadTrigger',
];

describe('a rehearsal on a shared sandbox of a simulated network', function () {
  this.timeout(400_000);
  let directory: string;
  let network: Network | undefined;
  let monitor: NodeJS.Timeout | undefined;
  beforeEach(() => (directory = mkdtempSync(path.join(os.tmpdir(), 'rehearsal-network-'))));
  afterEach(async () => {
    clearInterval(monitor);
    await network?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it('builds, passes, votes on nothing, hands in no list and keeps the calls without the secret', async () => {
    const ports = await freePorts(2);
    // A bundle of its own, so that the other node keeps running the sandbox task.
    const sandbox = path.join(directory, 'sandbox.js');
    writeFileSync(
      sandbox,
      `${readFileSync(path.join(ROOT, 'dist/main.js'), 'utf8')}\n// sandbox\n`,
    );
    const started = await startNetwork({
      task: (index) => (index === 0 ? sandbox : path.join(ROOT, 'dist/main.js')),
      config: readTaskConfig(path.join(ROOT, 'config-task.yml')),
      nodes: 2,
      name: (index) => (index === 0 ? `namespace/${TASK}` : 'other'),
      rounds: 0,
      roundSeconds: 16,
      seed: SEED,
      directory,
      env: (index) => ({
        MINING_THREADS: '1',
        MINING_INTENSITY: '40',
        API_PORT: String(ports[index]),
        STRATUM_PORT: '0',
      }),
    });
    network = started;
    const node = started.nodes[0]!;
    const { executable, argv } = node.process.options;
    const original = readFileSync(executable, 'utf8');

    // As the desktop node's monitor: a file's first change only tells it the hash.
    const hash = () => createHash('sha256').update(readFileSync(executable)).digest('hex');
    let [last, known]: [string, string | undefined] = [hash(), undefined];
    let atRestart: Record<string, number> | undefined;
    const counts = () =>
      Object.fromEntries(WRITES.map((name) => [name, node.calls.get(name) ?? 0]));
    monitor = setInterval(() => {
      const now = hash();
      if (now === last) return;
      last = now;
      const isFirst = known === undefined;
      known = now;
      if (isFirst) return;
      void node.process.stop().then(() => {
        atRestart ??= counts();
        node.process.start();
      });
    }, 100);

    const record = path.join(directory, 'calls.jsonl');
    const program = startProgram(
      'cli/rehearse.ts',
      [
        ...['--node', directory, '--yes', '--json', '--record', record, '--minutes', '4'],
        // The simulator's ledger has no accounts to ask for.
        ...['--executable', path.basename(executable, '.js'), '--rpc', 'http://127.0.0.1:9'],
      ],
      {},
    );
    let atEnd: Record<string, number> | undefined;
    await eventually(() => atRestart !== undefined);
    const ended = once(program, 'exit') as Promise<[number | null]>;
    const watch = setInterval(() => {
      // Until the original is back, whose first version has a comment more, everything is the rehearsal's.
      if (!readFileSync(executable, 'utf8').startsWith(original)) atEnd = counts();
    }, 50);
    const [status] = await ended;
    clearInterval(watch);
    const log = readFileSync(path.join(directory, 'namespace', TASK, 'task.log'), 'utf8');
    expect(status, `${program.output()}\n${log.slice(-6000)}`).to.equal(0);
    expect(log).to.match(/this is rehearsal build [0-9a-f]{8}: it casts no vote/);
    expect(log).to.match(/rehearsal: the (list|vote)/);
    expect(atEnd).to.deep.equal(atRestart);
    expect(readFileSync(executable, 'utf8')).to.equal(original);

    const text = readFileSync(record, 'utf8');
    expect(text).not.to.include(argv[5]!);
    const calls = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as RecordedCall);
    const methods = new Set(calls.map(({ method }) => method));
    expect([...methods]).to.include.members([
      'getTaskState',
      'getTaskSubmissionInfo',
      'getTaskDistributionInfo',
      'getCurrentSlot',
      'checkSubmissionAndUpdateRound',
    ]);
    expect([...methods].filter((method) => WRITES.includes(method))).to.deep.equal([]);
  });
});
