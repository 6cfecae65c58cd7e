import type { SimulatedNode } from '../../simulator';
import { reachableName } from '../../src/http/addresses';
import { stratumUrl } from '../../src/stratum/server';

/** Further ones would fill the screen: with --stratum-port they are known. */
const NAMED = 10;

/** Where a node's variables have it serve Stratum; undefined if they don't say, or say that it doesn't. */
export function stratumOf({ env }: Pick<SimulatedNode, 'env'>): string | undefined {
  const {
    STRATUM_PORT: port = '0',
    STRATUM_HOST: host = '127.0.0.1',
    STRATUM_TLS_CERT: cert,
  } = env;
  if (port === '0') return undefined;
  return stratumUrl({ host: reachableName(host), port: Number(port), isEncrypted: Boolean(cert) });
}

/** Where to point miners, as a line; undefined where no node serves Stratum. */
export function stratumLine(
  nodes: readonly Pick<SimulatedNode, 'name' | 'env'>[],
): string | undefined {
  const serving = nodes.flatMap((node) => {
    const address = stratumOf(node);
    return address === undefined ? [] : [`${node.name} ${address}`];
  });
  if (serving.length === 0) return undefined;
  const more = serving.length - NAMED;
  const named = serving.slice(0, NAMED).join(', ');
  return `Stratum, for any SHA-256 miner: ${named}${more > 0 ? `, and ${more} more` : ''}`;
}
