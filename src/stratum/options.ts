import { readFile } from 'node:fs/promises';
import { createSecureContext, type TlsOptions } from 'node:tls';
import { descriptorLimit } from '../process/listen';
import type { Config } from '../settings/schema';

export interface StratumOptions {
  host: string;
  /** 1..65535; the next free one of twenty is taken. */
  port: number;
  maxConnections: number;
  /** One item of each miner's password must be it; empty if there is none. */
  password: string;
  /** Where connections are encrypted. */
  tls?: Pick<TlsOptions, 'cert' | 'key'>;
}

/** The settings that the server goes by. */
export type StratumConfig = Pick<
  Config,
  | 'STRATUM_HOST'
  | 'STRATUM_PORT'
  | 'STRATUM_PASSWORD'
  | 'STRATUM_MAX_CONNECTIONS'
  | 'STRATUM_TLS_CERT'
  | 'STRATUM_TLS_KEY'
>;

/**
 * What the owner chose; undefined for no Stratum.
 * @throws when a file can't be read, only one of the two is named, or they are no certificate with its key: nothing is
 *   served unencrypted then
 */
export async function stratumOptions(config: StratumConfig): Promise<StratumOptions | undefined> {
  const { STRATUM_TLS_CERT: certPath, STRATUM_TLS_KEY: keyPath } = config;
  if (config.STRATUM_PORT === 0) return undefined;
  if ((certPath === '') !== (keyPath === '')) {
    throw new Error('expected both STRATUM_TLS_CERT and STRATUM_TLS_KEY, or neither');
  }
  const [cert, key] = await Promise.all(
    [certPath, keyPath].filter((path) => path !== '').map((path) => readFile(path)),
  );
  const tls = cert && key && { cert, key };
  if (tls) createSecureContext(tls);
  return {
    host: config.STRATUM_HOST,
    port: config.STRATUM_PORT,
    // The other half is for the node's calls, its store and its API, which miners must not take away.
    maxConnections: Math.min(
      config.STRATUM_MAX_CONNECTIONS,
      Math.floor((await descriptorLimit()) / 2),
    ),
    password: config.STRATUM_PASSWORD,
    ...(tls && { tls }),
  };
}
