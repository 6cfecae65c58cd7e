import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { rehearsalBundle } from '../../cli/rehearse/rehearsal-bundle';
import { buildEntry } from '../bundle/webpack';

const { builtRehearsal } = createRequire(__filename)('../../build/rehearsal.js') as {
  builtRehearsal: (env: Record<string, unknown>) => unknown;
};
const ROOT = path.join(__dirname, '../..');

describe('a rehearsal build', () => {
  it('is made by its flag alone, on a shared sandbox unless it says own', () => {
    const id = { 'rehearsal-id': '0000aaaa' };
    expect(builtRehearsal({})).to.equal(undefined);
    expect(builtRehearsal({ release: true })).to.equal(undefined);
    const shared = { id: '0000aaaa', isShared: true, isRecording: false };
    expect(builtRehearsal({ rehearsal: true, ...id })).to.deep.equal(shared);
    expect(builtRehearsal({ rehearsal: 'shared', ...id })).to.deep.equal(shared);
    expect(builtRehearsal({ rehearsal: 'own', record: true, ...id })).to.deep.equal({
      id: '0000aaaa',
      isShared: false,
      isRecording: true,
    });
    expect(builtRehearsal({ rehearsal: true }))
      .to.have.property('id')
      .that.matches(/^[0-9a-f]{8}$/);
  });

  it('is no release, and takes no other words', () => {
    const refused: [Record<string, unknown>, string][] = [
      [{ release: true, rehearsal: true }, 'exclude each other'],
      [{ release: true, rehearsal: 'own' }, 'exclude each other'],
      [{ record: true }, 'needs --env rehearsal'],
      [{ rehearsal: 'yes' }, '--env rehearsal=yes is invalid'],
      [{ rehearsal: true, 'rehearsal-id': 'x' }, '--env rehearsal-id=x is invalid'],
    ];
    for (const [env, message] of refused) expect(() => builtRehearsal(env)).to.throw(message);
  });

  it('is refused by webpack before anything is built', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [require.resolve('webpack/bin/webpack.js'), '--env', 'release', '--env', 'rehearsal'],
      { cwd: ROOT, encoding: 'utf8' },
    );
    expect(status).to.equal(1);
    expect(stderr).to.include('a rehearsal build must not be deployed');
  }).timeout(60_000);

  it('says so in its code, which npm run rehearse reads', async () => {
    const out = mkdtempSync(path.join(tmpdir(), 'rehearsal-'));
    try {
      const entry = './src/koii/rehearsal.ts';
      const built = await buildEntry(entry, out, 'rehearsal', 'rehearsal-id=0000aaaa');
      expect(built.status, built.stderr).to.equal(0);
      expect(built.stdout).to.include('a rehearsal build, not to be deployed');
      const file = path.join(out, 'main.js');
      expect(rehearsalBundle(readFileSync(file))).to.include({ id: '0000aaaa', isShared: true });
      const { REHEARSAL } = createRequire(__filename)(file) as { REHEARSAL: unknown };
      expect(REHEARSAL).to.deep.equal({ id: '0000aaaa', isShared: true, isRecording: false });
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  }).timeout(60_000);
});
