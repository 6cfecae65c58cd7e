import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { stratumOptions, type StratumConfig } from '../../src/stratum/options';
import { TLS_CERT, TLS_KEY } from '../fixtures/tls-pair';

describe('the options of the Stratum server', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'stratum-'));
    await writeFile(join(directory, 'cert.pem'), TLS_CERT);
    await writeFile(join(directory, 'key.pem'), TLS_KEY);
    await writeFile(join(directory, 'garbage.pem'), 'garbage');
  });
  after(() => rm(directory, { recursive: true }));

  const config: StratumConfig = {
    STRATUM_HOST: '0.0.0.0',
    STRATUM_PORT: 3333,
    STRATUM_PASSWORD: 'secret',
    STRATUM_MAX_CONNECTIONS: 7,
    STRATUM_TLS_CERT: '',
    STRATUM_TLS_KEY: '',
  };
  const plain = { host: '0.0.0.0', port: 3333, maxConnections: 7, password: 'secret' };

  /** The options with files of these names, or the error's text. */
  async function withFiles(cert: string, key: string): Promise<unknown> {
    const pathOf = (name: string): string => (name === '' ? '' : join(directory, name));
    const STRATUM_TLS_CERT = pathOf(cert);
    const STRATUM_TLS_KEY = pathOf(key);
    return stratumOptions({ ...config, STRATUM_TLS_CERT, STRATUM_TLS_KEY }).catch(
      (error: Error) => error.message,
    );
  }

  it('are what the owner set', async () => {
    expect(await stratumOptions(config)).to.deep.equal(plain);
  });

  it('are none where the port is 0, whatever the files are', async () => {
    const off = { ...config, STRATUM_PORT: 0, STRATUM_TLS_CERT: '/nowhere' };
    expect(await stratumOptions(off)).to.equal(undefined);
  });

  it('hold the certificate and its key', async () => {
    const tls = { cert: Buffer.from(TLS_CERT), key: Buffer.from(TLS_KEY) };
    expect(await withFiles('cert.pem', 'key.pem')).to.deep.equal({ ...plain, tls });
  });

  it('are refused with only one of the two', async () => {
    const message = 'expected both STRATUM_TLS_CERT and STRATUM_TLS_KEY, or neither';
    expect(await withFiles('cert.pem', '')).to.equal(message);
    expect(await withFiles('', 'key.pem')).to.equal(message);
  });

  it('are refused where a file is missing, or holds something else', async () => {
    expect(await withFiles('cert.pem', 'missing.pem')).to.match(/ENOENT.*missing\.pem/);
    expect(await withFiles('missing.pem', 'key.pem')).to.match(/ENOENT.*missing\.pem/);
    for (const [cert, key] of [
      ['garbage.pem', 'key.pem'],
      ['cert.pem', 'garbage.pem'],
      ['key.pem', 'cert.pem'],
    ] as const) {
      expect(await withFiles(cert, key), `${cert} ${key}`).to.be.a('string');
    }
  });
});
