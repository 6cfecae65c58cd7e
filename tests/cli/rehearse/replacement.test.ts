import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { Replacement, RehearsalRunsError, restoreAll } from '../../../cli/rehearse/replacement';
import { fakeBundle, FakeDesktopNode, ORIGINAL } from '../../fixtures/fake-desktop-node';
import { until } from '../../fixtures/until';

const SEEN_MS = 100;
const bundle = Buffer.from(fakeBundle('0000aaaa'));

describe('a bundle in the place of a sandbox task', () => {
  let node: FakeDesktopNode;
  beforeEach(() => (node = new FakeDesktopNode()));
  afterEach(() => node.dispose());

  const files = () => readdirSync(path.dirname(node.executable));
  const replacement = () => new Replacement(node.executable, SEEN_MS);
  const marker = () => `${node.executable}.rehearsal.json`;
  /** As if another process had begun it, which is gone. */
  const orphan = (pid = spawnSync(process.execPath, ['-e', '']).pid, begun?: object | null) => {
    const kept = JSON.parse(readFileSync(marker(), 'utf8')) as Record<string, unknown>;
    kept['pid'] = pid;
    // Markers of earlier versions have none.
    if (begun === null) delete kept['begun'];
    else if (begun) kept['begun'] = begun;
    writeFileSync(marker(), JSON.stringify(kept));
  };

  it('is started by the node although its monitor ignores the first change, and so is the original', async () => {
    await node.start();
    await replacement().install(bundle);
    await until(() => node.started.length === 1);
    expect(node.started[0]).to.equal(bundle.toString());
    expect(await replacement().restore()).to.equal('restored');
    await until(() => node.started.at(-1) === ORIGINAL);
    expect(files()).to.have.length(1);
  });

  it('leaves the original with its mode, and no file beside it', async () => {
    chmodSync(node.executable, 0o640);
    await replacement().install(bundle);
    expect(node.contents()).to.equal(bundle.toString());
    await replacement().restore();
    expect(node.contents()).to.equal(ORIGINAL);
    expect(statSync(node.executable).mode & 0o777).to.equal(0o640);
    expect(files()).to.have.length(1);
    expect(await replacement().restore()).to.equal('nothing');
  });

  it('is put back by the next process after a kill at any moment', async () => {
    await replacement().install(bundle);
    const [backup, text] = [
      `${node.executable}.rehearsal-original`,
      readFileSync(marker(), 'utf8'),
    ];
    const states: [string, () => void][] = [
      ['while the bundle runs', () => undefined],
      ['while the executable was written', () => writeFileSync(`${node.executable}.new`, 'half')],
      [
        'between the two writes',
        () =>
          writeFileSync(node.executable, `${bundle.toString()}\n// Written by npm run rehearse.\n`),
      ],
      [
        'between the two writes of the original',
        () => writeFileSync(node.executable, `${ORIGINAL}\n// Written by npm run rehearse.\n`),
      ],
      ['before the bundle was written', () => writeFileSync(node.executable, ORIGINAL)],
    ];
    for (const [when, happen] of states) {
      writeFileSync(node.executable, bundle);
      writeFileSync(backup, ORIGINAL);
      writeFileSync(marker(), text);
      orphan();
      happen();
      await restoreAll(path.dirname(node.executable), false, SEEN_MS);
      expect(node.contents(), when).to.equal(ORIGINAL);
      expect(files(), when).to.have.length(1);
    }
    writeFileSync(backup, ORIGINAL);
    await restoreAll(path.dirname(node.executable), false, SEEN_MS);
    expect(files(), 'before the marker was written').to.have.length(1);
  });

  it('is restored first when another rehearsal begins on top: the copy never becomes a bundle', async () => {
    await replacement().install(bundle);
    orphan();
    await replacement().install(Buffer.from(fakeBundle('0000bbbb')));
    expect(readFileSync(`${node.executable}.rehearsal-original`, 'utf8')).to.equal(ORIGINAL);
    await replacement().restore();
    expect(node.contents()).to.equal(ORIGINAL);
  });

  it('is left alone while the process that put it there runs, unless that is asked for', async () => {
    await replacement().install(bundle);
    orphan(process.ppid);
    const refused = await replacement()
      .restore()
      .catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(RehearsalRunsError);
    expect(node.contents()).to.equal(bundle.toString());
    expect(await restoreAll(path.dirname(node.executable), true, SEEN_MS)).to.deep.equal([
      node.executable,
    ]);
    expect(node.contents()).to.equal(ORIGINAL);
  });

  it('is put back after a reboot although another process has the id of the one that put it there', async () => {
    const uptimeMs = os.uptime() * 1000;
    const begun = { atMs: Date.now() - uptimeMs - 3_600_000, boot: 'an earlier boot' };
    for (const earlier of [begun, { atMs: begun.atMs, boot: null }]) {
      await replacement().install(bundle);
      orphan(process.ppid, earlier);
      const restored = await restoreAll(path.dirname(node.executable), false, SEEN_MS);
      expect(restored).to.deep.equal([node.executable]);
      expect(node.contents()).to.equal(ORIGINAL);
    }
  });

  it('is left alone by the process id alone where the marker does not say when it was written', async () => {
    for (const begun of [null, { atMs: 'long ago' }, {}]) {
      await replacement().install(bundle);
      orphan(process.ppid, begun);
      const refused = await replacement()
        .restore()
        .catch((error: unknown) => error);
      expect(refused, JSON.stringify(begun)).to.be.instanceOf(RehearsalRunsError);
      orphan(undefined, begun);
      expect(await replacement().restore()).to.equal('restored');
    }
  });

  it('gives way to what somebody else put there', async () => {
    await replacement().install(bundle);
    writeFileSync(node.executable, 'downloaded anew');
    expect(await replacement().restore()).to.equal('changed');
    expect(node.contents()).to.equal('downloaded anew');
    expect(files()).to.have.length(1);
  });

  it('never puts back a copy that was damaged', async () => {
    await replacement().install(bundle);
    writeFileSync(`${node.executable}.rehearsal-original`, bundle);
    const refused = await replacement()
      .restore()
      .catch((error: unknown) => error as Error);
    expect(refused).to.have.property('message').that.includes('is not what was kept');
    expect(existsSync(marker())).to.equal(true);
  });
});
