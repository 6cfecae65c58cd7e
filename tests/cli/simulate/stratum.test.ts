import { expect } from 'chai';
import { stratumLine } from '../../../cli/simulate/stratum';

const node = (name: string, env: Record<string, string>) => ({ name, env });

describe('where miners reach the nodes of a run', () => {
  it('is what their variables say, by a name that this machine has', () => {
    expect(
      stratumLine([
        node('node-1', { STRATUM_PORT: '3333' }),
        node('node-2', { STRATUM_PORT: '3334', STRATUM_HOST: '0.0.0.0' }),
        node('node-3', { STRATUM_PORT: '3335', STRATUM_HOST: '::1', STRATUM_TLS_CERT: 'cert.pem' }),
      ]),
    ).to.equal(
      'Stratum, for any SHA-256 miner: node-1 stratum+tcp://127.0.0.1:3333, node-2 stratum+tcp://127.0.0.1:3334, node-3 stratum+ssl://[::1]:3335',
    );
  });

  it('is told of ten, and of none that serves no Stratum', () => {
    expect(stratumLine([node('node-1', {}), node('node-2', { STRATUM_PORT: '0' })])).to.equal(
      undefined,
    );
    const many = Array.from({ length: 12 }, (_, i) => node(`n${i}`, { STRATUM_PORT: '3333' }));
    expect(stratumLine(many)).to.match(/ n9 stratum\S+, and 2 more$/);
  });
});
