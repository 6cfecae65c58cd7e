import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { FakeCore } from '../fixtures/fake-core';
import { startTaskNetwork, type TaskNetwork } from '../fixtures/network';
import { eventually } from '../fixtures/until';
import { MONITORING, readDocumentedMetrics, readPanels, ROOT } from './files';
import { requirePrometheus, startPrometheus, type Alert, type Prometheus } from './prometheus';

describe('promtool', () => {
  before(requirePrometheus);

  for (const args of [
    ['check', 'config', 'prometheus.yml'],
    ['check', 'rules', 'alerts.yml'],
    ['test', 'rules', 'alerts.test.yml'],
  ]) {
    it(args.join(' '), () => {
      const { status, stdout, stderr } = spawnSync('promtool', args, {
        cwd: MONITORING,
        encoding: 'utf8',
      });
      expect(status, stdout + stderr).to.equal(0);
    });
  }
});

describe('a Prometheus that scrapes two nodes', function () {
  this.timeout(90_000);
  let directory: string;
  let core: FakeCore;
  let network: TaskNetwork;
  let prometheus: Prometheus;

  before(async () => {
    directory = mkdtempSync(path.join(os.tmpdir(), 'monitored-'));
    requirePrometheus();
    const task = path.join(directory, 'task.js');
    const [killSwitch, bundle] = ['tests/fixtures/kill-switch.js', 'dist/main.js'].map((file) =>
      readFileSync(path.join(ROOT, file), 'utf8'),
    );
    writeFileSync(task, `${killSwitch}\n${bundle}`);
    // The bundle is built for main.
    core = await FakeCore.start({ network: 'main' });
    core.newTip({ height: 900_000, bits: '17021a91' });
    network = await startTaskNetwork({
      nodes: 2,
      rounds: 0,
      roundSeconds: 10,
      task,
      variables: { BITCOIN_RPC_URL: core.url },
    });
    prometheus = await startPrometheus(network.nodes.map((_, index) => instance(index)));
  });

  after(async () => {
    await prometheus?.stop();
    await network?.dispose();
    await core?.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  function instance(index: number): string {
    return `127.0.0.1:${network.nodes[index]!.env['API_PORT']}`;
  }

  /** Requests of every kind an API gets: valid ones, mistakes, and paths that don't exist. */
  async function useApi(): Promise<void> {
    for (const node of network.nodes) {
      for (const route of ['/healthz', '/task/0', '/task/x', '/audit', '/no/such/path']) {
        await network.get(node, route);
      }
    }
  }

  async function firing(): Promise<Alert[]> {
    return (await prometheus.alerts()).filter(({ state }) => state === 'firing');
  }

  it('finds both', async () => {
    await eventually(async () => {
      const up = await prometheus.query('up{job="orca-mining"} == 1');
      return up.length === 2 || undefined;
    });
  });

  it('sees the documented metrics, with their types and labels, and no others of the task', async () => {
    const documented = readDocumentedMetrics();
    const text = await eventually(async () => {
      await useApi();
      const response = await fetch(`http://${instance(0)}/metrics`);
      const body = await response.text();
      // Labels appear with the first series: those of audits, for instance, with the first audit.
      return documented.every(({ name }) => new RegExp(`^${name}(_count)?[{ ]`, 'm').test(body))
        ? body
        : undefined;
    });
    const served = [...text.matchAll(/^# TYPE (orca_\w+) (\w+)$/gm)].map(([, name, type]) => {
      const series = text.match(new RegExp(`^${name}(_count)?\\{.*\\}`, 'gm')) ?? [];
      const labels = series.flatMap((one) =>
        [...one.matchAll(/[{,](\w+)="/g)].map(([, label]) => label!),
      );
      return { name: name!, type: type!, labels: [...new Set(labels)].sort() };
    });
    const sorted = documented.map((metric) => ({ ...metric, labels: [...metric.labels].sort() }));
    expect(served).to.have.deep.members(sorted);
  });

  for (const { title, targets } of readPanels()) {
    it(`has data for the panel ${title}`, async () => {
      for (const { expr } of targets!) {
        // The values that Grafana fills in when all nodes are chosen.
        const filled = expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '10s');
        await eventually(async () => {
          await useApi();
          const samples = await prometheus.query(filled);
          return samples.some(({ value }) => Number.isFinite(value)) || undefined;
        });
      }
    });
  }

  it('fires no alert while all is well', async () => {
    expect(await firing()).to.deep.equal([]);
  });

  it('fires OrcaNotHashing for the node whose engine is killed, and for no other', async () => {
    process.kill(network.nodes[0]!.process.pid!, 'SIGUSR2');
    const alerts = await eventually(async () => {
      const found = (await firing()).filter(
        ({ labels }) => labels['alertname'] === 'OrcaNotHashing',
      );
      return found.length > 0 ? found : undefined;
    });
    expect(alerts.map(({ labels }) => labels['instance'])).to.deep.equal([instance(0)]);
    expect(alerts[0]!.annotations['summary']).to.equal(`${instance(0)} does not hash`);
    const health = await network.get(network.nodes[0]!, '/healthz');
    expect(health).to.have.property('status', 503);
  });

  it('fires OrcaTargetDown for the node whose task is gone', async () => {
    network.nodes[0]!.process.kill('SIGKILL');
    const alerts = await eventually(async () => {
      const found = (await firing()).filter(
        ({ labels }) => labels['alertname'] === 'OrcaTargetDown',
      );
      return found.length > 0 ? found : undefined;
    });
    expect(alerts.map(({ labels }) => labels['instance'])).to.deep.equal([instance(0)]);
  });
});
