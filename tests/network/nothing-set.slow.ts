import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import type { RunReport, SimulatedNode } from '../../simulator';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { eventually } from '../fixtures/until';
import { describeProcesses } from '../runner/describe-processes';

const ROOT = path.join(__dirname, '../..');
const BOUNTY = 1e9;

/** As a desktop node starts the task: by its id, its deployment as it is, an environment of PATH alone. */
describeProcesses('a task started by id with nothing set', function () {
  this.timeout(120_000);

  describe('in a network', () => {
    let network: TaskNetwork;
    afterEach(() => network.dispose());

    /** The page's address, as the desktop node shows it to the owner. */
    const pageOf = ({ notices }: SimulatedNode): Promise<URL> =>
      eventually(() => {
        const [, address] = /mining page, .*: (http:\S+)/.exec(notices[0]?.message ?? '') ?? [];
        return address === undefined ? undefined : new URL(address);
      });

    /** Changes settings on the page at an address. */
    async function choose({ origin, searchParams }: URL, settings: object): Promise<Response> {
      return fetch(`${origin}/settings`, {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${searchParams.get('token')}`,
          'x-orca-control': '1',
          'content-type': 'application/json',
        },
        body: JSON.stringify(settings),
      });
    }

    it('mines, proves, audits and is paid; of two on a machine, one takes the next free port', async () => {
      network = await startTaskNetwork({ nodes: 2, rounds: 2, roundSeconds: 10, env: () => ({}) });
      const pages = await Promise.all(network.nodes.map(pageOf));
      const ports = pages.map(({ port }) => Number(port)).sort((a, b) => a - b);
      expect(ports[0]).to.be.at.least(8080);
      expect(ports[1]).to.be.within(ports[0]! + 1, 8099);
      for (const [index, { publicKey }] of network.nodes.entries()) {
        const submission = await eventually(async () => {
          const response = await fetch(`${pages[index]!.origin}/submission/0`);
          return response.ok ? ((await response.json()) as { submitter: string }) : undefined;
        });
        expect(submission.submitter).to.equal(publicKey);
        expect((await choose(pages[index]!, { MINING_INTENSITY: '90 %' })).status).to.equal(200);
      }

      const report = await network.finished;
      expect(report.failures).to.deep.equal([]);
      for (const { submissions, distributionLists, auditVotes } of report.rounds) {
        expect(submissions.map((submission) => submission['valid'])).to.deep.equal([true, true]);
        expect(auditVotes.filter(({ isValid }) => !isValid)).to.deep.equal([]);
        const votes = distributionLists.flatMap((list) => list.auditVotes);
        expect(votes.map(({ isValid }) => isValid))
          .to.include(true)
          .and.not.to.include(false);
      }
      for (const { balance, stakeAfter, stakeBefore, exits, notices } of report.nodes) {
        expect(notices.map(({ message }) => message.split(/[,:]/)[0])).to.deep.equal([
          'Your mining page',
          'Your first reward',
        ]);
        expect(balance).to.be.above(0);
        expect(stakeAfter).to.equal(stakeBefore);
        expect(exits.map(({ code, requested }) => ({ code, requested }))).to.deep.equal([
          { code: 0, requested: true },
        ]);
      }
      const paid = report.nodes.reduce((sum, { balance }) => sum + balance, 0);
      expect(paid).to.be.within(2 * BOUNTY - 10, 2 * BOUNTY);
    });
  });

  it('is what npm run simulate -- --no-mining tries, whatever the shell has', () => {
    const directory = mkdtempSync(path.join(os.tmpdir(), 'nothing-set-'));
    const json = path.join(directory, 'out.json');
    const args = ['--no-mining', '--nodes', '1', '--rounds', '1', '--round-seconds', '8'];
    try {
      const { status, stderr, stdout } = spawnSync(
        process.execPath,
        ['--import', 'tsx', 'cli/simulate.ts', ...args, '--json', json],
        // A task that read them would end at once, with status 1.
        {
          cwd: ROOT,
          encoding: 'utf8',
          env: { ...process.env, MINING_THREADS: 'x', API_PORT: 'x' },
        },
      );
      expect(status, stdout + stderr).to.equal(0);
      const report = JSON.parse(readFileSync(json, 'utf8')) as RunReport;
      expect(report.nodes[0]!.balance).to.be.within(BOUNTY - 5, BOUNTY);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
