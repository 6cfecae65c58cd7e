import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import fc from 'fast-check';
import { cpuQuota, listed, usableCpus } from '../../src/process/cpus';
import { threadCount } from '../../src/settings/schema';
import { LoneTask } from '../fixtures/lone-task';

const V1_MOUNT = '32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu,cpuacct';
const V2_MOUNT = '41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw,nsdelegate';
const V2_BESIDE = '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw';
const OTHERS = [
  '22 28 0:21 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw',
  '33 31 0:30 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset',
];

describe('what this process may use of processors', () => {
  let root: string;
  beforeEach(() => (root = mkdtempSync(path.join(os.tmpdir(), 'cpus-test-'))));
  afterEach(() => rmSync(root, { recursive: true }));

  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  };
  /** The quota on a machine as a process in these groups sees it. */
  const machine = (
    groups: string[],
    mounts: string[],
    files: Record<string, string> = {},
  ): number => {
    write('proc/self/cgroup', groups.join('\n') + '\n');
    write('proc/self/mountinfo', [...OTHERS, ...mounts].join('\n') + '\n');
    for (const [file, text] of Object.entries(files)) write(`sys/fs/cgroup/${file}`, text);
    return cpuQuota(root);
  };
  const v1 = (quotaUs: number, folder = 'cpu'): Record<string, string> => ({
    [`${folder}/cpu.cfs_quota_us`]: `${quotaUs}\n`,
    [`${folder}/cpu.cfs_period_us`]: '100000\n',
  });

  it('is not limited where no quota is set', () => {
    expect(machine(['0::/user.slice/a'], [V2_MOUNT])).to.equal(Infinity);
    const files = { 'a/cpu.max': 'max 100000\n' };
    expect(machine(['0::/a'], [V2_MOUNT], files)).to.equal(Infinity);
    expect(machine(['3:cpu,cpuacct:/a'], [V1_MOUNT], v1(-1, 'cpu/a'))).to.equal(Infinity);
  });

  it('is the quota of the second version', () => {
    const files = { 'a/b/cpu.max': '150000 100000\n' };
    expect(machine(['0::/a/b'], [V2_MOUNT], files)).to.equal(1.5);
  });

  it('is the quota of the first version', () => {
    const files = v1(50_000, 'cpu/a/b');
    expect(machine(['4:cpuset:/', '3:cpu,cpuacct:/a/b'], [V1_MOUNT], files)).to.equal(0.5);
  });

  it('is the least of the quotas of a group and of all above it', () => {
    const files = {
      'cpu.max': '900000 100000\n',
      'a/cpu.max': '200000 100000\n',
      'a/b/cpu.max': 'max 100000\n',
      'a/b/c/cpu.max': '40000 10000\n',
      'other/cpu.max': '10000 100000\n',
    };
    expect(machine(['0::/a/b/c'], [V2_MOUNT], files)).to.equal(2);
  });

  it('is that of whichever hierarchy has one, on a machine of both', () => {
    const groups = ['1:cpu,cpuacct:/a', '0::/b'];
    const mounts = [V1_MOUNT, V2_BESIDE];
    expect(machine(groups, mounts, v1(300_000, 'cpu/a'))).to.equal(3);
    write('sys/fs/cgroup/unified/b/cpu.max', '100000 100000\n');
    expect(cpuQuota(root)).to.equal(1);
  });

  it("is that of a container's group, mounted where it can't know its path", () => {
    const group = '/docker/12ab';
    const mount = `32 31 0:29 ${group} /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct`;
    const files = v1(250_000, 'cpu,cpuacct');
    expect(machine([`3:cpu,cpuacct:${group}`], [mount], files)).to.equal(2.5);
    // A group of the host that isn't mounted here, and one outside the namespace.
    expect(machine(['3:cpu,cpuacct:/elsewhere'], [mount], files)).to.equal(2.5);
    const own = { 'cpu.max': '100000 100000\n' };
    expect(machine(['0::/system.slice/docker-1.scope'], [V2_MOUNT], own)).to.equal(1);
    expect(machine(['0::/../../outside'], [V2_MOUNT], own)).to.equal(1);
  });

  it('is read where blanks stand in paths', () => {
    const mount = '41 31 0:38 / /sys/fs/cgroup/my\\040groups rw - cgroup2 cgroup2 rw';
    const files = { 'my groups/a b/cpu.max': '300000 100000\n' };
    expect(machine(['0::/a b'], [mount], files)).to.equal(3);
  });

  it('is not limited by what makes no sense', () => {
    for (const text of ['', 'max', '0 100000', '-5 100000', '100000 0', '1e5 100000', 'NaN NaN']) {
      expect(machine(['0::/a'], [V2_MOUNT], { 'a/cpu.max': text }), text).to.equal(Infinity);
    }
    expect(machine(['0::a', ':::', '1:cpu'], ['32 31', V2_MOUNT])).to.equal(Infinity);
  });

  it('is not limited where there is nothing to read, and at least one processor', () => {
    expect(cpuQuota(root)).to.equal(Infinity);
    expect(usableCpus(root)).to.be.within(1, os.cpus().length);
  });

  it('never throws, whatever stands there, and makes 1 to 256 threads', () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom('0::/a', '1:cpu:/a/b', V1_MOUNT, V2_MOUNT, '5 5', '100000 100000'),
    );
    const text = fc.array(line).map((lines) => lines.join('\n'));
    fc.assert(
      fc.property(text, text, text, (groups, mounts, quota) => {
        write('proc/self/cgroup', groups);
        write('proc/self/mountinfo', mounts);
        write('proc/self/status', groups);
        write('sys/fs/cgroup/a/cpu.max', quota);
        write('sys/fs/cgroup/cpu/a/cpu.cfs_quota_us', quota);
        expect(listed(groups)).to.be.at.least(0);
        const cpus = usableCpus(root);
        expect(threadCount({ MINING_THREADS: 0 }, cpus)).to.be.within(1, 256);
      }),
      { numRuns: 200 },
    );
  });

  it("counts the processors of the kernel's list", () => {
    const count = (list: string): number => listed(`Name:\tnode\nCpus_allowed_list:\t${list}\n`);
    expect(count('0-3')).to.equal(4);
    expect(count('2')).to.equal(1);
    expect(count('0,2-3,8-9')).to.equal(5);
    expect(count('3-1')).to.equal(0);
    expect(count('all')).to.equal(0);
  });
});

describe('a task on some of the processors', function () {
  this.timeout(60_000);
  /** Runs Node on the first processor available to this process. */
  const ON_ONE = ['taskset', '-c', /^Cpus_allowed_list:\s*(\d+)/m.exec(status())?.[1] ?? '0'];
  let task: LoneTask;
  before(function () {
    if (spawnSync(ON_ONE[0]!, [...ON_ONE.slice(1), 'true']).status !== 0) this.skip();
  });
  beforeEach(() => (task = new LoneTask()));
  afterEach(() => task.dispose());

  /** Starts it on a machine that has 16 processors according to Node. */
  const start = (threads: number): Promise<void> => {
    const node = path.join(task.directory, 'node');
    const script = `#!/bin/sh\nexec ${ON_ONE.join(' ')} ${JSON.stringify(process.execPath)} "$@"\n`;
    writeFileSync(node, script, { mode: 0o755 });
    const large = path.join(task.directory, 'large-machine.js');
    writeFileSync(large, "const os = require('node:os'); os.cpus = () => Array(16).fill({});");
    const variables = { MINING_THREADS: String(threads), NODE_OPTIONS: `--require ${large}` };
    return task.start(undefined, variables, { execPath: node });
  };

  it('mines with no more threads than it may use', async () => {
    await start(0);
    await task.logged('ready to mine with 1 threads');
    expect(task.log).not.to.include('is more than');
  });

  it('does what was chosen, and says once that it is more than it may use', async () => {
    await start(3);
    await task.logged('ready to mine with 3 threads');
    expect(task.timesLogged('MINING_THREADS 3 is more than')).to.equal(1);
    expect(task.log).to.include('(processors: 1)');
  });
});

function status(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}
